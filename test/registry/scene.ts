import { after, before } from 'node:test';
import { type SeawallOptions, startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { RegistryClient } from './client.ts';

/** A server that runs as long as the tests of one `describe`, and a client of its registry `myregistry`. */
export interface Scene {
  readonly seawall: TestSeawall;
  readonly client: RegistryClient;
}

/** Starts a server before the tests of the enclosing `describe` and closes it after them; ask for it within a test. */
export function openScene(options: SeawallOptions = {}): () => Scene {
  let scene: Scene | undefined;
  before(async () => {
    const seawall = await startSeawall(options);
    scene = { seawall, client: await RegistryClient.of(seawall, 'myregistry') };
  });
  after(async () => {
    scene?.client[Symbol.dispose]();
    await scene?.seawall.close();
  });
  return () => {
    if (scene === undefined) throw new Error('the server runs only while tests do');
    return scene;
  };
}
