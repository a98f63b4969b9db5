/** A fault planted into a server: what was read while a change was under way is kept, and served after its answer. */
import { registerHooks } from 'node:module';

const SOUND = 'if (value !== undefined && !this.#changing.has(repository)) {';
const STALE = 'if (value !== undefined) {';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/store/sqlite/cache.ts')) return loaded;
    const source = String(loaded.source);
    if (!source.includes(SOUND)) throw new Error(`${url} has not the line that is to be broken: ${SOUND}`);
    return { ...loaded, source: source.replace(SOUND, STALE) };
  },
});
