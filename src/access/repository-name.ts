const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Whether a text can name a repository (distribution-spec, "Pulling manifests"); this folder knows nothing of `oci/`. */
export function isRepositoryName(text: string): boolean {
  return text.length <= 255 && text.split('/').every((component) => COMPONENT.test(component));
}
