// breaks: not store/file/bytes.ts
import { bytes } from '../store/file/bytes.ts';
export const blob = bytes;
