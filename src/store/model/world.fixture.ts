/**
 * Content at small size, in memory: the tables of `schema.ts` and the files of `file/`, changed by transactions that ask
 * the shipped decisions what to do. A world is a value, so that a search can keep every one it has seen; `model.test.ts`
 * holds it against the SQLite adapter.
 */
import type { RepositoryName, Tag } from '../../oci/reference.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { decideLinkBlob, decideMountBlob, decideUnlinkBlob } from '../decide/blob.ts';
import { decideLink, decideRelease } from '../decide/collect.ts';
import { decideDeleteManifest, decideDeleteRepository } from '../decide/delete.ts';
import { UNLOCKED } from '../decide/lock.ts';
import { decidePutManifest } from '../decide/put-manifest.ts';
import { decideRetire } from '../decide/retire.ts';
import type { Locator } from '../port.ts';

/** A repository, by its letter. */
export type Repo = 'A' | 'B';

/** What can be pushed: images with the blobs they name, and indexes with the manifests they name. */
export interface Artifact {
  readonly name: string;
  readonly blobs: readonly string[];
  readonly manifests: readonly string[];
}

/** The decisions that a search runs with: the shipped ones, or one of them broken to see that the search finds it. */
export const SHIPPED = {
  decideLinkBlob,
  decideMountBlob,
  decideUnlinkBlob,
  decideLink,
  decideRelease,
  decideDeleteManifest,
  decideDeleteRepository,
  decidePutManifest,
  decideRetire,
};

/** The shipped decisions, or others in their place. */
export type Rules = typeof SHIPPED;

/** Everything that outlives a process. Lists are kept in order, so that equal worlds are written alike. */
export interface World {
  /** `repository` is there when it has an entry. */
  readonly repositories: readonly Repo[];
  readonly blobs: Readonly<Record<string, { readonly locator: string; readonly damaged: boolean }>>;
  /** By `A:x`; the value is the pass that condemned the link, 0 for none. */
  readonly links: Readonly<Record<string, number>>;
  /** By `A:m`: what the manifest names, and whether a tag names it. */
  readonly manifests: Readonly<Record<string, { readonly artifact: Artifact; readonly tagged: boolean }>>;
  /** Sessions by id, each with its repository. */
  readonly uploads: Readonly<Record<string, Repo>>;
  /** Files of blobs by locator, with the blob whose bytes they have. */
  readonly files: Readonly<Record<string, string>>;
  readonly trash: readonly string[];
  readonly pass: number;
  /** Makes locators, which are never used again. */
  readonly made: number;
}

/** Nothing yet. */
export const EMPTY_WORLD: World = {
  repositories: [],
  blobs: {},
  links: {},
  manifests: {},
  uploads: {},
  files: {},
  trash: [],
  pass: 0,
  made: 0,
};

const key = (repo: Repo, name: string): string => `${repo}:${name}`;

/** A digest that stands for a name of the model. */
function digestFor(name: string): Digest {
  return digestOf('sha256', Buffer.from(name).toString('hex').padEnd(64, '0'));
}

/** Whether a repository shows a blob. */
export function shows(world: World, repo: Repo, blob: string): string | undefined {
  const found = world.blobs[blob];
  return world.links[key(repo, blob)] === 0 && found?.damaged === false ? found.locator : undefined;
}

/** Whether a manifest of the repository names a blob or manifest. */
export function isNamed(world: World, repo: Repo, name: string): boolean {
  return Object.entries(world.manifests).some(
    ([id, { artifact }]) =>
      id.startsWith(`${repo}:`) && (artifact.blobs.includes(name) || artifact.manifests.includes(name)),
  );
}

/** Whether a session is open to the repository. */
function isHeld(world: World, repo: Repo): boolean {
  return Object.values(world.uploads).includes(repo);
}

/** Bytes made durable under a new locator. */
export function commitBytes(world: World, blob: string): { readonly world: World; readonly locator: string } {
  const locator = `l${world.made}`;
  return { world: { ...world, made: world.made + 1, files: { ...world.files, [locator]: blob } }, locator };
}

/** A session begun. */
export function startUpload(world: World, id: string, repo: Repo): World {
  return { ...world, uploads: sorted({ ...world.uploads, [id]: repo }) };
}

/** A session ended. */
export function endUpload(world: World, id: string): World {
  const { [id]: _, ...uploads } = world.uploads;
  return { ...world, uploads };
}

const NAMES: Readonly<Record<Repo, RepositoryName>> = { A: 'a' as RepositoryName, B: 'b' as RepositoryName };

function attributesOf(world: World, repo: Repo) {
  return world.repositories.includes(repo) ? { repository: UNLOCKED } : {};
}

/** The transaction `linkBlob`. */
export function linkBlob(
  rules: Rules,
  world: World,
  { repo, blob, locator, upload }: { repo: Repo; blob: string; locator: string; upload: string },
): World {
  const known = world.blobs[blob];
  const facts = {
    ...attributesOf(world, repo),
    ...(known && { known: { locator: known.locator as Locator, damaged: known.damaged } }),
  };
  const changes = rules.decideLinkBlob(facts, { repository: NAMES[repo], locator: locator as Locator });
  const ended = endUpload(world, upload);
  const next = changes.kind === 'use-new' ? ended : condemn(ended, changes.spare);
  if (changes.kind === 'refuse') return next;
  const fresh = changes.kind !== 'use-known';
  const blobs = fresh ? { ...next.blobs, [blob]: { locator, damaged: false } } : next.blobs;
  return link({ ...next, blobs: sorted(blobs) }, repo, blob);
}

/** The transaction `mountBlob`; `undefined` when there is nothing to mount. */
export function mountBlob(
  rules: Rules,
  world: World,
  { from, to, blob }: { from: Repo; to: Repo; blob: string },
): World | undefined {
  const linked = world.links[key(from, blob)] !== undefined && world.blobs[blob]?.damaged === false;
  const target = attributesOf(world, to).repository;
  const source = attributesOf(world, from).repository;
  const facts = { ...(source && { from: source }), ...(target && { to: target }), linked };
  return rules.decideMountBlob(facts, NAMES[to]).kind === 'mounted' ? link(world, to, blob) : undefined;
}

/** The transaction `putManifest`; `undefined` when content it names is missing. */
export function putManifest(
  rules: Rules,
  world: World,
  { repo, artifact, tagged }: { readonly repo: Repo; readonly artifact: Artifact; readonly tagged: boolean },
): World | undefined {
  const { blobs, manifests } = artifact;
  const isLinked = (blob: string) => world.links[key(repo, blob)] !== undefined && world.blobs[blob]?.damaged === false;
  const facts = {
    ...attributesOf(world, repo),
    tags: new Map(),
    missing: [
      ...blobs.filter((blob) => !isLinked(blob)),
      ...manifests.filter((name) => world.manifests[key(repo, name)] === undefined),
    ].map(digestFor),
    condemned: blobs.filter((blob) => (world.links[key(repo, blob)] ?? 0) > 0).map(digestFor),
  };
  const changes = rules.decidePutManifest(facts, {
    repository: NAMES[repo],
    digest: digestFor(artifact.name),
    tags: tagged ? ['v1' as Tag] : [],
    allowSparse: false,
  });
  if (changes.kind !== 'store') return undefined;
  const pardoned = new Set<string>(changes.pardon);
  const links = Object.fromEntries(
    Object.entries(world.links).map(([id, pass]) => [
      id,
      id.startsWith(`${repo}:`) && pardoned.has(digestFor(id.slice(2))) ? 0 : pass,
    ]),
  );
  const kept = { artifact, tagged: tagged || world.manifests[key(repo, artifact.name)]?.tagged === true };
  return touch({ ...world, links, manifests: sorted({ ...world.manifests, [key(repo, artifact.name)]: kept }) }, repo);
}

/** The transaction `deleteManifest`. */
export function deleteManifest(rules: Rules, world: World, repo: Repo, name: string): World {
  const found = world.manifests[key(repo, name)];
  const facts = found && {
    digest: digestFor(name),
    attributes: UNLOCKED,
    tags: found.tagged ? [{ name: 'v1' as Tag, attributes: UNLOCKED }] : [],
  };
  const outcome = rules.decideDeleteManifest({ name: NAMES[repo], ...attributesIn(world, repo) }, facts);
  if (outcome.kind !== 'deleted') return world;
  const { [key(repo, name)]: _, ...manifests } = world.manifests;
  return { ...world, manifests };
}

/** The transaction `deleteTag`: the manifest stays, without its tag. */
export function deleteTag(world: World, repo: Repo, name: string): World {
  const found = world.manifests[key(repo, name)];
  if (found === undefined) return world;
  return { ...world, manifests: { ...world.manifests, [key(repo, name)]: { ...found, tagged: false } } };
}

/** The transaction `retireManifest`, of a manifest that is old enough. */
export function retireManifest(rules: Rules, world: World, repo: Repo, name: string): World {
  const found = world.manifests[key(repo, name)];
  const facts = found && {
    digest: digestFor(name),
    attributes: UNLOCKED,
    updatedMs: 0,
    tagged: found.tagged,
    named: isNamed(world, repo, name),
    attached: false,
  };
  return rules.decideRetire(facts, 1) ? deleteManifest(rules, world, repo, name) : world;
}

function attributesIn(world: World, repo: Repo) {
  return world.repositories.includes(repo) ? { attributes: UNLOCKED } : {};
}

/** The transaction `deleteRepository`. */
export function deleteRepository(rules: Rules, world: World, repo: Repo): World {
  const decision = rules.decideDeleteRepository({ name: NAMES[repo], ...attributesIn(world, repo) }, undefined);
  if (decision.kind !== 'delete') return world;
  const others = ([id]: readonly [string, unknown]) => !id.startsWith(`${repo}:`);
  const blobs = Object.keys(world.links)
    .filter((id) => id.startsWith(`${repo}:`))
    .map((id) => id.slice(2));
  const manifests = Object.fromEntries(Object.entries(world.manifests).filter(others));
  const unlinked = blobs.reduce((next, blob) => unlink(rules, next, repo, blob), { ...world, manifests });
  return { ...unlinked, repositories: unlinked.repositories.filter((one) => one !== repo) };
}

/** The transaction `unlinkBlob`. */
export function unlinkBlob(rules: Rules, world: World, repo: Repo, blob: string): World {
  const linked = world.links[key(repo, blob)] !== undefined;
  const outcome = rules.decideUnlinkBlob({ ...attributesOf(world, repo), linked }, NAMES[repo]);
  return outcome.kind === 'unlinked' ? unlink(rules, world, repo, blob) : world;
}

/** The transaction `beginPass`. */
export function beginPass(world: World): World {
  return { ...world, pass: world.pass + 1 };
}

/** What `collectLinks` judges a link by. */
export function linkFacts(world: World, repo: Repo, blob: string, busy = false) {
  const condemned = world.links[key(repo, blob)];
  if (condemned === undefined) return undefined;
  const facts = { named: isNamed(world, repo, blob), held: busy || isHeld(world, repo) };
  return condemned === 0 ? facts : { ...facts, condemned };
}

/** The transaction `collectLinks`, of one link. */
export function collectLink(
  rules: Rules,
  world: World,
  { repo, blob, pass, busy = false }: { repo: Repo; blob: string; pass: number; busy?: boolean },
): World {
  const facts = linkFacts(world, repo, blob, busy);
  if (facts === undefined) return world;
  switch (rules.decideLink(facts, pass)) {
    case 'keep':
      return world;
    case 'condemn':
      return { ...world, links: { ...world.links, [key(repo, blob)]: pass } };
    case 'unlink':
      return unlink(rules, world, repo, blob);
  }
}

/** The transaction `markDamaged`. */
export function markDamaged(world: World, blob: string, locator: string): World {
  const found = world.blobs[blob];
  if (found?.locator !== locator) return world;
  return { ...world, blobs: { ...world.blobs, [blob]: { locator, damaged: true } } };
}

/** The transaction `emptyTrash`, of one locator. */
export function emptyTrash(world: World, locator: string): World {
  return { ...world, trash: world.trash.filter((one) => one !== locator) };
}

/** Whether a blob or the trash names a locator. */
export function isKnown(world: World, locator: string): boolean {
  return world.trash.includes(locator) || Object.values(world.blobs).some((blob) => blob.locator === locator);
}

/** Removes a file; one that is not there is no error. */
export function removeFile(world: World, locator: string): World {
  const { [locator]: _, ...files } = world.files;
  return { ...world, files };
}

function link(world: World, repo: Repo, blob: string): World {
  return touch({ ...world, links: sorted({ ...world.links, [key(repo, blob)]: 0 }) }, repo);
}

function unlink(rules: Rules, world: World, repo: Repo, blob: string): World {
  const { [key(repo, blob)]: _, ...links } = world.links;
  const linkedElsewhere = Object.keys(links).some((id) => id.slice(2) === blob);
  const found = world.blobs[blob];
  if (rules.decideRelease({ linkedElsewhere }) === 'keep' || found === undefined) return { ...world, links };
  const { [blob]: __, ...blobs } = world.blobs;
  return condemn({ ...world, links, blobs }, found.locator);
}

function condemn(world: World, locator: string): World {
  return { ...world, trash: [...world.trash, locator] };
}

function touch(world: World, repo: Repo): World {
  if (world.repositories.includes(repo)) return world;
  return { ...world, repositories: [...world.repositories, repo].toSorted() };
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
