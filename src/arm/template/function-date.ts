import type { PureFunction } from './function.ts';
import { TemplateError } from './template-error.ts';
import { numberOf, textOf } from './value.ts';

const DURATION = /^(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** Functions of times; `utcNow` needs the clock of the deployment and is elsewhere. */
export const DATE_FUNCTIONS: Readonly<Record<string, PureFunction>> = {
  dateTimeAdd: ([base, duration, format]) => {
    const moved = add(timeOf('dateTimeAdd', textOf('dateTimeAdd', base)), textOf('dateTimeAdd', duration));
    return formatTime(
      moved,
      format === undefined ? formatOf(textOf('dateTimeAdd', base)) : textOf('dateTimeAdd', format),
    );
  },
  dateTimeFromEpoch: ([seconds]) => formatTime(new Date(numberOf('dateTimeFromEpoch', seconds) * 1000), ISO),
  dateTimeToEpoch: ([time]) => Math.trunc(timeOf('dateTimeToEpoch', textOf('dateTimeToEpoch', time)).getTime() / 1000),
};

function timeOf(name: string, text: string): Date {
  const compact = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const iso =
    compact === null ? text : `${compact[1]}-${compact[2]}-${compact[3]}T${compact[4]}:${compact[5]}:${compact[6]}Z`;
  const time = new Date(iso);
  if (Number.isNaN(time.getTime()))
    throw new TemplateError(`The template language function '${name}' expects a time, and was given '${text}'.`);
  return time;
}

const ISO = 'yyyy-MM-ddTHH:mm:ssZ';

/** The format of a time that another is made from: one without a format of its own looks like it. */
function formatOf(text: string): string | undefined {
  if (/^\d{8}T/.test(text)) return undefined;
  return text.includes('T') ? ISO : 'u';
}

function add(base: Date, duration: string): Date {
  const match = DURATION.exec(duration);
  if (match === null) throw new TemplateError(`'${duration}' is not an ISO 8601 duration such as P1D or -PT30M.`);
  const [, sign, ...parts] = match;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map(
    (part) => Number(part ?? 0) * (sign === '-' ? -1 : 1),
  );
  const moved = new Date(base);
  const month = moved.getUTCMonth() + 12 * years + months;
  // The 31st of January and a month is the last of February.
  const last = new Date(Date.UTC(moved.getUTCFullYear(), month + 1, 0)).getUTCDate();
  moved.setUTCMonth(month, Math.min(moved.getUTCDate(), last));
  return new Date(moved.getTime() + ((((7 * weeks + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}

/** A time in .NET's formats that templates use: none, `u`, `d`, and those made of yyyy MM dd HH mm ss. */
export function formatTime(time: Date, format: string | undefined): string {
  const iso = time.toISOString();
  if (format === undefined) return iso.replaceAll(/[-:]|\.\d+/g, '');
  if (format === 'u') return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  const two = (value: number): string => String(value).padStart(2, '0');
  const fields: Readonly<Record<string, string>> = {
    yyyy: iso.slice(0, 4),
    yy: iso.slice(2, 4),
    MM: iso.slice(5, 7),
    M: String(time.getUTCMonth() + 1),
    dd: iso.slice(8, 10),
    d: String(time.getUTCDate()),
    HH: two(time.getUTCHours()),
    mm: two(time.getUTCMinutes()),
    ss: two(time.getUTCSeconds()),
    fff: iso.slice(20, 23),
  };
  if (format === 'd') return `${fields['MM']}/${fields['dd']}/${fields['yyyy']}`;
  return format.replaceAll(
    /'([^']*)'|yyyy|yy|MM|M|dd|d|HH|mm|ss|fff|[A-Za-z]/g,
    (field, quoted: string | undefined) => {
      const value = quoted ?? fields[field] ?? (field === 'T' || field === 'Z' ? field : undefined);
      if (value !== undefined) return value;
      const known = Object.keys(fields).join(', ');
      throw new TemplateError(
        `The '${field}' in the format of times '${format}' is not built here: there are ${known}, u, T, Z and 'text'.`,
      );
    },
  );
}
