import { randomBytes } from 'node:crypto';
import { okBytes, type Reply } from '../http/reply.ts';

/** What a sign-in page shows. */
export interface SignInForm {
  /** Where the form is sent. */
  readonly action: string;
  /** The code of another device; absent where a program of this machine asks. */
  readonly code?: string;
  /** The name that is filled in already. */
  readonly name?: string;
  /** Hidden fields. */
  readonly carried: Readonly<Record<string, string>>;
  /** What was wrong with what was sent before. */
  readonly problem?: string;
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:12vh auto;padding:0 1rem;color:#1b2733;background:#f4f7f9}' +
  'h1{font-size:1.4rem}label{display:block;margin:1rem 0}input{display:block;width:100%;box-sizing:border-box;padding:.6rem;' +
  'font:inherit;border:1px solid #7a8b99;border-radius:4px}button{padding:.6rem 1.4rem;font:inherit;color:#fff;background:#0b5c8a;' +
  'border:0;border-radius:4px}.problem{padding:.6rem;background:#fde8e8;border-left:4px solid #b42318}';

/** The page on which a person signs in. Name and password are asked for each time: nothing is kept that others could ride on. */
export function signInPage({ action, code, name = '', carried, problem }: SignInForm): Reply {
  const hidden = Object.entries(carried).map(
    ([key, value]) => `<input type="hidden" name="${html(key)}" value="${html(value)}">`,
  );
  const codeField =
    code === undefined
      ? ''
      : `<label>Code of the other device <input name="user_code" value="${html(code)}" autocomplete="one-time-code" required></label>`;
  return page(
    `<h1>Sign in to Seawall</h1>${problem === undefined ? '' : `<p class="problem" role="alert">${html(problem)}</p>`}` +
      `<form method="post" action="${html(action)}">${hidden.join('')}${codeField}` +
      `<label>User name <input name="username" value="${html(name)}" autocomplete="username" required></label>` +
      '<label>Password <input name="password" type="password" autocomplete="current-password" required></label>' +
      '<button>Sign in</button></form>',
    { status: problem === undefined ? 200 : 400 },
  );
}

/** A page that says one thing. */
export function messagePage(text: string, status: number): Reply {
  return page(`<h1>Seawall</h1><p role="status">${html(text)}</p>`, { status });
}

/** A page that sends fields on to a program of this machine (OAuth 2.0 Form Post Response Mode). */
export function handOverPage(target: string, fields: Readonly<Record<string, string>>): Reply {
  const nonce = randomBytes(16).toString('base64');
  const hidden = Object.entries(fields).map(
    ([key, value]) => `<input type="hidden" name="${html(key)}" value="${html(value)}">`,
  );
  return page(
    `<h1>You are signed in</h1><form method="post" action="${html(target)}">${hidden.join('')}<button>Continue</button></form>` +
      `<script nonce="${nonce}">document.forms[0].submit()</script>`,
    { status: 200, script: nonce, target: new URL(target).origin },
  );
}

interface PageOptions {
  readonly status: number;
  readonly script?: string;
  /** Where a form may be sent beside this server. */
  readonly target?: string;
}

function page(body: string, { status, script, target }: PageOptions): Reply {
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    ...(script === undefined ? [] : [`script-src 'nonce-${script}'`]),
    // Browsers hold redirects after a form to this too, so the programs of this machine are named.
    `form-action 'self' http://localhost:* http://127.0.0.1:*${target === undefined ? '' : ` ${target}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
  const text =
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>Sign in to Seawall</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  return { ...okBytes(text, headers), status };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function html(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
