// breaks: oci does without node:fs
import { readFileSync } from 'node:fs';
export const text = readFileSync;
