// breaks: imports in a circle: store/a.ts → store/b.ts → store/a.ts
import { b } from './b.ts';
export const a = b;
