import type { MetadataStore } from '../port.ts';

/** A store made for one case; disposing of it closes it and removes its data. */
export interface OpenedMetadata extends AsyncDisposable {
  readonly store: MetadataStore;
  /** Closes the store and opens it again on the same data; disposing then closes the new one. */
  reopen(): Promise<MetadataStore>;
}

/** Makes an empty store. */
export type OpenMetadata = () => Promise<OpenedMetadata>;
