import { TemplateError } from './template-error.ts';

/** How many arguments functions take, at least and at most, by their number; names in lower case (Azure's template reference). */
const COUNTS: readonly (readonly [number, number, string])[] = [
  [0, 0, 'true false null subscription resourcegroup tenant deployment newguid environment'],
  [0, 1, 'utcnow'],
  [0, 2, 'copyindex'],
  [
    1,
    1,
    'array empty first last flatten items length objectkeys shallowmerge not bool int float datetimefromepoch ' +
      'datetimetoepoch parsecidr string tolower toupper trim base64 base64tostring base64tojson json uricomponent ' +
      'uricomponenttostring datauri datauritostring fail parameters variables lambdavariables references',
  ],
  [1, 3, 'reference'],
  [1, Infinity, 'min max union concat format uniquestring guid coalesce and or'],
  [
    2,
    2,
    'contains indexfromend indexof lastindexof range skip take tryindexfromend xor equals less lessorequals greater ' +
      'greaterorequals add sub mul div mod cidrhost split join startswith endswith uri map filter sort groupby mapvalues',
  ],
  [2, 3, 'datetimeadd padleft substring toobject'],
  [2, Infinity, 'intersection tryget resourceid subscriptionresourceid tenantresourceid'],
  [3, 3, 'replace cidrsubnet if reduce'],
  [3, Infinity, 'extensionresourceid'],
  [3, 5, 'pickzones'],
];

const BY_NAME = new Map(
  COUNTS.flatMap(([least, most, names]) => names.split(' ').map((name) => [name, { least, most }] as const)),
);

/** Throws a {@link TemplateError} when a function is given too many or too few arguments. */
export function checkArity(name: string, given: number): void {
  const found = BY_NAME.get(name.toLowerCase().replace(/^sys\./, ''));
  if (found === undefined || (given >= found.least && given <= found.most)) return;
  const { least, most } = found;
  const count = most === Infinity ? `at least ${least}` : least === most ? String(least) : `${least} to ${most}`;
  const word = (most === Infinity ? least : most) === 1 ? 'argument' : 'arguments';
  throw new TemplateError(`The template language function '${name}' expects ${count} ${word}, and was given ${given}.`);
}
