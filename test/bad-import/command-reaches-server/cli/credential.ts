// breaks: not server/start.ts
export const start = () => import('../server/start.ts');
