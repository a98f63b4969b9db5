import type { OciError } from '../../oci/error.ts';
import type { ListOrder } from '../../store/port.ts';

/** Reads `orderby`: `timeasc`, `timedesc`, or absent or empty for the order of names. */
export function parseOrder(query: URLSearchParams): { readonly order: ListOrder } | OciError {
  const text = query.get('orderby') ?? '';
  switch (text) {
    case '':
    case 'none':
      return { order: 'name' };
    case 'timeasc':
    case 'timedesc':
      return { order: text };
    default:
      return {
        code: 'REQUEST_INVALID',
        message: `orderby is ${JSON.stringify(text.slice(0, 40))}, must be timeasc or timedesc`,
      };
  }
}
