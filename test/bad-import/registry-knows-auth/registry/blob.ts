// breaks: not auth/token.ts
import { token } from '../auth/token.ts';
export const blob = token;
