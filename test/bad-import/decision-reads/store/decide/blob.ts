// breaks: not store/file/bytes.ts
import { bytes } from '../file/bytes.ts';
export const decide = bytes;
