// breaks: not http/reply.ts
export { refuse } from '../http/reply.ts';
