import type { Principal } from '../access/principal.ts';

/** The places a principal's secrets have: one for a service principal, two for the others, so that one can be rotated while the other is used. */
export type CredentialSlot = 'secret' | 'federation' | 'managed' | AdminSlot | TokenSlot;
/** The two passwords of an admin user (facts/acr.md §3.3). */
export type AdminSlot = 'password' | 'password2';
/** The two passwords of a registry token (facts/acr.md §3.3). */
export type TokenSlot = 'password1' | 'password2';

/** A secret as it is checked: never itself, only its SHA-256. Its version changes whenever the secret does. */
export interface Credential {
  readonly slot: CredentialSlot;
  readonly version: string;
  readonly hash: Buffer;
  readonly createdMs: number;
  /** From this time on it is refused (ms since the epoch). */
  readonly expiresMs?: number;
}

/** An application that may log in. What it may do is told by role assignments; the `owner` also keeps the directory itself. */
export interface ServicePrincipal {
  readonly clientId: string;
  readonly objectId: string;
  /** The object id of its application, which is another object in Microsoft Graph. */
  readonly applicationId: string;
  readonly displayName: string;
  readonly role: 'owner' | 'member';
  readonly createdMs: number;
}

/** A person who may sign in. */
export interface User {
  readonly objectId: string;
  /** `alice@example.com`, in lower case: what is typed to sign in. */
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly createdMs: number;
}

/** A user with the password that was just made. */
export interface NewUser {
  readonly user: User;
  readonly password: string;
}

/**
 * An outside issuer's statement that stands for a service principal's secret: what `iss`, `sub` and `aud` of its token have
 * to be, to the letter (learn.microsoft.com/entra/workload-id/workload-identity-federation).
 */
export interface FederatedCredential {
  readonly id: string;
  readonly clientId: string;
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly createdMs: number;
}

/** The service principal of a resource: nobody knows a secret of it, and the resource alone is given its tokens. */
export interface ManagedIdentity {
  readonly clientId: string;
  readonly objectId: string;
  readonly displayName: string;
}

/** A service principal with the secret that was just made for it. */
export interface NewServicePrincipal {
  readonly principal: ServicePrincipal;
  readonly secret: string;
}

/** Everything known of identities at one moment. Immutable. */
export interface DirectorySnapshot {
  /** Rises with every change: what was concluded from another epoch has to be concluded anew. */
  readonly authEpoch: number;
  readonly tenantId: string;
  readonly subscriptionId: string;
  servicePrincipal(clientId: string): ServicePrincipal | undefined;
  /** All of them, the oldest first. */
  servicePrincipals(): readonly ServicePrincipal[];
  user(objectId: string): User | undefined;
  /** The user who signs in by this name, without regard to case. */
  userNamed(userPrincipalName: string): User | undefined;
  /** All of them, the oldest first. */
  users(): readonly User[];
  /** The federated credentials of a service principal, the oldest first. */
  federatedCredentials(clientId: string): readonly FederatedCredential[];
  /** The principal's secrets; none when it is unknown. */
  credentials(principal: Principal): readonly Credential[];
}

/** The owner, as a start of the server shows it. The secret is there when it was just made, or kept. */
export interface Owner {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** The passwords of an admin user. */
export type AdminPasswords = Readonly<Record<AdminSlot, string>>;

/** One password of a registry token that is to be made. */
export interface TokenPasswordRequest {
  readonly registry: string;
  readonly token: string;
  readonly slot: TokenSlot;
  readonly expiresMs?: number;
  readonly nowMs: number;
}

/** How the owner's secret is made: kept ones can be shown again at every start. */
export interface OwnerRequest {
  readonly keepSecret: boolean;
  readonly nowMs: number;
}

/** Identities and their secrets. Every change is durable, and seen by {@link snapshot}, when its call resolves. */
export interface Directory extends Disposable {
  snapshot(): DirectorySnapshot;
  /** The owner, made at the first call. With `keepSecret` a secret that was kept is shown again. */
  ensureOwner(request: OwnerRequest): Promise<Owner>;
  /** Gives the owner a new secret; tokens of the old one are refused at once. */
  rotateOwnerSecret(request: OwnerRequest): Promise<Owner>;
  /** Makes a service principal that may log in and has no role yet. Names need not differ. */
  createServicePrincipal(displayName: string, nowMs: number): Promise<NewServicePrincipal>;
  /** Gives it a new secret in place of the one before, whose tokens are refused at once. `undefined`: there is none. */
  rotateServicePrincipal(
    clientId: string,
    when: { readonly nowMs: number; readonly expiresMs?: number },
  ): Promise<string | undefined>;
  /** Forgets it with its secret; `false` when it is not there, or the owner, who stays. */
  removeServicePrincipal(clientId: string): Promise<boolean>;
  /** Makes a user who may sign in and has no role yet; `undefined` when there is one of this name. */
  createUser(user: Pick<User, 'userPrincipalName' | 'displayName' | 'createdMs'>): Promise<NewUser | undefined>;
  /** Gives a user a new password in place of the one before, whose tokens are refused at once. `undefined`: there is none. */
  rotateUser(objectId: string, nowMs: number): Promise<string | undefined>;
  /** Forgets a user; `false` when there is none. */
  removeUser(objectId: string): Promise<boolean>;
  /** Lets an issuer's statement stand for a service principal's secret; `undefined` when it has one of this name or there is no such principal. */
  addFederatedCredential(credential: Omit<FederatedCredential, 'id'>): Promise<FederatedCredential | undefined>;
  /** Forgets one; its tokens are refused at once. `false` when it is not there. */
  removeFederatedCredential(clientId: string, id: string): Promise<boolean>;
  /** Makes exactly these the managed identities there are: further ones are forgotten, and their tokens refused at once. */
  keepManagedIdentities(wanted: readonly ManagedIdentity[], nowMs: number): Promise<void>;
  /** The uid of the registry of this name, made at first sight and never changed. */
  ensureRegistry(name: string, nowMs: number): Promise<string>;
  /** Makes a registry known that was made elsewhere, under its uid; another one of its name is forgotten. */
  adoptRegistry(registry: {
    readonly uid: string;
    readonly name: string;
    readonly nowMs: number;
    /** What its admin user has from the start, where somebody was told already. */
    readonly passwords?: AdminPasswords;
  }): Promise<void>;
  /** Forgets a registry and its credentials: one made later under its name has another uid. */
  removeRegistry(uid: string): Promise<void>;
  /** Both passwords of a registry's admin user, made when they are asked for first. */
  adminPasswords(registry: string, nowMs: number): Promise<AdminPasswords>;
  /** Replaces one password of a registry's admin user; answers both. */
  regenerateAdminPassword(registry: string, slot: AdminSlot, nowMs: number): Promise<AdminPasswords>;
  /** Opens and seals again every secret that can be shown again; says how many. */
  reseal(): Promise<number>;
  /** Makes or replaces one password of a registry token. It is answered this once. */
  generateTokenPassword(request: TokenPasswordRequest): Promise<string>;
  /** Forgets the passwords of a registry token, or one of them. */
  removeTokenPasswords(registry: string, token: string, slot?: TokenSlot): Promise<void>;
}

/** Encrypts secrets that must be shown again; `place` binds a sealed text to where it is kept. */
export interface Sealer {
  seal(secret: string, place: string): string;
  open(sealed: string, place: string): string;
}
