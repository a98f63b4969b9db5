// breaks: network is pure: no process.
export const debug = process.env['DEBUG'];
