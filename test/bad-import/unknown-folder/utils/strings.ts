// breaks: src/utils is no folder of the import table
export const trim = 1;
