// breaks: azure does without npm's jose
import { jwtVerify } from 'jose';
export const verify = jwtVerify;
