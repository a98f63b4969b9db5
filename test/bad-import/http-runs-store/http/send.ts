// breaks: not store/port.ts
import { NoSpaceError } from '../store/port.ts';
export const error = NoSpaceError;
