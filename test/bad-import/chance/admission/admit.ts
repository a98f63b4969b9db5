// breaks: admission is pure: no Math.random
export const dice = (): number => Math.random();
