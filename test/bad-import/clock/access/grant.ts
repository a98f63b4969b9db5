// breaks: access is pure: no Date.now
export const now = (): number => Date.now();
