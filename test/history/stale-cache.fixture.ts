/** A fault planted into a server: what was read while a change was under way is kept, and served after its answer. */
import { type LoadFnOutput, registerHooks } from 'node:module';

const SOUND = 'if (value !== undefined && !this.#changing.has(repository)) {';
const STALE = 'if (value !== undefined) {';

function textOf(source: LoadFnOutput['source']): string {
  if (source === undefined || source === null) return '';
  return typeof source === 'string' ? source : Buffer.from(source as Uint8Array<ArrayBuffer>).toString();
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/store/sqlite/cache.ts')) return loaded;
    const source = textOf(loaded.source);
    if (!source.includes(SOUND)) throw new Error(`${url} has not the line that is to be broken: ${SOUND}`);
    return { ...loaded, source: source.replace(SOUND, STALE) };
  },
});
