import type { ArmError } from '../azure/error.ts';
import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../azure/json.ts';

/** How many documents one deployment may link to, itself and nested ones together. */
const MAX_LINKS = 100;

/** Reads a JSON document; throws an Error whose message says why it cannot. */
export type FetchDocument = (url: URL) => Promise<unknown>;

/** The body of a deployment with what its links name in place of them; an error for a link that cannot be followed. */
export async function followTemplateLinks(
  body: JsonObject,
  fetchDocument: FetchDocument,
): Promise<JsonObject | ArmError> {
  const links = new Links(fetchDocument);
  try {
    return { ...body, properties: await links.inProperties(objectOf(body['properties']), 'properties') };
  } catch (error) {
    if (error instanceof LinkError)
      return { code: 'InvalidTemplateDeployment', target: error.target, message: error.message };
    throw error;
  }
}

/** Whether a body names anything that would have to be fetched. */
export function hasTemplateLink(body: JsonObject): boolean {
  return /"(?:template|parameters)Link":\{/.test(JSON.stringify(body));
}

class LinkError extends Error {
  override name = 'LinkError';
  readonly target: string;

  constructor(target: string, message: string) {
    super(message);
    this.target = target;
  }
}

class Links {
  readonly #fetch: FetchDocument;
  #followed = 0;

  constructor(fetchDocument: FetchDocument) {
    this.#fetch = fetchDocument;
  }

  /** The `properties` of a deployment. `base`: where its own template came from, for relative paths below it. */
  async inProperties(properties: JsonObject, at: string, base?: URL): Promise<JsonObject> {
    const { templateLink, parametersLink, ...rest } = properties;
    const link = await this.#follow(templateLink, `${at}.templateLink`, base);
    const values = await this.#follow(parametersLink, `${at}.parametersLink`, base);
    const template = link?.document ?? rest['template'];
    const parameters = values === undefined ? rest['parameters'] : objectOf(values.document)['parameters'];
    return {
      ...rest,
      // What cannot be told before the template runs is left to be refused by name.
      ...(link === undefined && isJsonObject(templateLink) ? { templateLink } : {}),
      ...(values === undefined && isJsonObject(parametersLink) ? { parametersLink } : {}),
      ...(template === undefined
        ? {}
        : { template: await this.#inTemplate(template, `${at}.template`, link?.url ?? base) }),
      ...(parameters === undefined ? {} : { parameters }),
    };
  }

  async #inTemplate(template: Json, at: string, base: URL | undefined): Promise<Json> {
    if (!isJsonObject(template)) return template;
    const { resources } = template;
    if (Array.isArray(resources)) {
      const followed: Json[] = [];
      for (const [i, one] of listOf(resources).entries())
        followed.push(await this.#inResource(one, `${at}.resources[${i}]`, base));
      return { ...template, resources: followed };
    }
    if (!isJsonObject(resources)) return template;
    const followed: Record<string, Json> = {};
    for (const [name, one] of Object.entries(resources))
      followed[name] = await this.#inResource(one ?? null, `${at}.resources.${name}`, base);
    return { ...template, resources: followed };
  }

  async #inResource(resource: Json, at: string, base: URL | undefined): Promise<Json> {
    if (!isJsonObject(resource) || !isDeployment(resource)) return resource;
    return {
      ...resource,
      properties: await this.inProperties(objectOf(resource['properties']), `${at}.properties`, base),
    };
  }

  /** The document that a link names; `undefined` where there is no link, or one that only the template's run can tell. */
  async #follow(
    link: Json | undefined,
    at: string,
    base: URL | undefined,
  ): Promise<{ readonly url: URL; readonly document: Json } | undefined> {
    const { uri, relativePath, id, queryString } = objectOf(link);
    if (typeof id === 'string' && id !== '')
      throw new LinkError(at, `'${at}.id' is not built here: there are no template specs.`);
    const text = typeof uri === 'string' ? uri : relativePath;
    if (typeof text !== 'string' || text.startsWith('[')) return undefined;
    const url = URL.parse(text, base);
    if (url === null) throw new LinkError(at, `The value ${JSON.stringify(text)} of '${at}' is not a URL.`);
    if (typeof queryString === 'string' && queryString !== '') url.search = queryString;
    this.#followed += 1;
    if (this.#followed > MAX_LINKS)
      throw new LinkError(at, `The deployment links to more than ${MAX_LINKS} documents.`);
    try {
      // JSON is what a document of JSON is.
      return { url, document: (await this.#fetch(url)) as Json };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new LinkError(at, `Unable to download deployment content from '${url.origin}${url.pathname}': ${why}.`);
    }
  }
}

function isDeployment({ type }: JsonObject): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'microsoft.resources/deployments';
}
