// breaks: azure is pure: no fetch(
export const get = (): unknown => fetch('https://example.com');
