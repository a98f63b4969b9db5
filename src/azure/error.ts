import type { JsonObject } from './json.ts';

/** One kind of refusal of the management API: its status. */
interface ArmErrorEntry {
  readonly status: number;
}

/** The refusals of the management API, by Azure's own codes. */
export const ARM_ERROR = {
  AnotherPeeringAlreadyReferencesRemoteVnet: { status: 400 },
  AuthenticationFailed: { status: 401 },
  AuthorizationFailed: { status: 403 },
  MissingApiVersionParameter: { status: 400 },
  InvalidRequestContent: { status: 400 },
  UnAuthorizedForCredentialOperations: { status: 400 },
  ResourceNotFound: { status: 404 },
  MethodNotAllowed: { status: 405 },
  BadRequest: { status: 400 },
  // Not Azure's words: it never gets so far there.
  MisdirectedRequest: { status: 421 },
  ExpectationFailed: { status: 417 },
  RequestHeadersTooLarge: { status: 431 },
  RequestTimeout: { status: 408 },
  InvalidApiVersionParameter: { status: 400 },
  InvalidAuthenticationInfo: { status: 400 },
  InvalidFilterInQueryString: { status: 400 },
  InvalidParameter: { status: 400 },
  InvalidResourceGroup: { status: 400 },
  InvalidResourceLocation: { status: 409 },
  InvalidResourceNamespace: { status: 404 },
  InvalidResourceType: { status: 404 },
  InvalidTag: { status: 400 },
  LocationRequired: { status: 400 },
  AlreadyInUse: { status: 409 },
  ConflictingUserInput: { status: 409 },
  OperationNotAllowed: { status: 409 },
  OperationPreempted: { status: 409 },
  PlatformImageNotFound: { status: 404 },
  PropertyChangeNotAllowed: { status: 409 },
  Conflict: { status: 409 },
  ImportImageFailed: { status: 400 },
  CannotDeleteResource: { status: 409 },
  DisablingPublicNetworkAccessNotSupported: { status: 400 },
  ExportPolicyNotSupported: { status: 400 },
  FeatureNotSupported: { status: 400 },
  FeatureNotSupportedForSku: { status: 400 },
  InUseSubnetCannotBeDeleted: { status: 400 },
  InUseSubnetCannotBeUpdated: { status: 400 },
  InvalidAddressPrefixFormat: { status: 400 },
  InvalidRequestFormat: { status: 400 },
  InvalidResourceReference: { status: 400 },
  InvalidServiceEndpoint: { status: 400 },
  NetcfgInvalidSubnet: { status: 400 },
  NetcfgSubnetRangesOverlap: { status: 400 },
  ServiceEndpointNotSupported: { status: 400 },
  InUseNetworkSecurityGroupCannotBeDeleted: { status: 400 },
  NicInUse: { status: 400 },
  IdentityInUse: { status: 409 },
  InvalidContainerGroupName: { status: 400 },
  InaccessibleImage: { status: 400 },
  ContainerHostStartFailed: { status: 409 },
  InvalidImageRegistryCredentialIdentity: { status: 400 },
  InvalidImageRegistryCredential: { status: 400 },
  SubnetMissingRequiredDelegation: { status: 400 },
  FailedIdentityOperation: { status: 400 },
  PrivateDnsRecordConflict: { status: 409 },
  PrivateEndpointCannotBeUpdated: { status: 400 },
  PrivateIPAddressNotAvailable: { status: 400 },
  PublicIPAddressCannotBeDeleted: { status: 400 },
  PublicIPAddressInUse: { status: 400 },
  PublicIPCountLimitReached: { status: 400 },
  SecurityRuleConflict: { status: 400 },
  SecurityRuleInvalidAddressPrefix: { status: 400 },
  SecurityRuleInvalidPortRange: { status: 400 },
  SecurityRuleParameterRequired: { status: 400 },
  SubnetIsFull: { status: 400 },
  InvalidIPRule: { status: 400 },
  InvalidResourceName: { status: 400 },
  LinkedAuthorizationFailed: { status: 403 },
  NetworkRuleValidationError: { status: 400 },
  PrivateEndpointAndNetworkRulesConflict: { status: 409 },
  PrivateLinkNotSupported: { status: 400 },
  QuotaExceeded: { status: 400 },
  ScopeMapInUse: { status: 409 },
  SystemScopeMapCannotBeChanged: { status: 400 },
  LockNotFound: { status: 404 },
  MissingSubscriptionRegistration: { status: 409 },
  NoRegisteredProviderFound: { status: 400 },
  ParentResourceNotFound: { status: 404 },
  PreconditionFailed: { status: 412 },
  RequestEntityTooLarge: { status: 413 },
  ResourceGroupBeingDeleted: { status: 409 },
  ResourceGroupNotFound: { status: 404 },
  InvalidPrincipalId: { status: 400 },
  InvalidRoleAssignmentId: { status: 400 },
  RoleAssignmentUpdateNotPermitted: { status: 400 },
  RoleAssignmentExists: { status: 409 },
  RoleDefinitionDoesNotExist: { status: 400 },
  ScopeLocked: { status: 409 },
  TagInUse: { status: 409 },
  TooManyRequests: { status: 429 },
  SubscriptionNotFound: { status: 404 },
  InvalidTemplate: { status: 400 },
  InvalidTemplateDeployment: { status: 400 },
  DeploymentActive: { status: 409 },
  DeploymentCanceled: { status: 409 },
  DeploymentCannotBeCancelled: { status: 409 },
  DeploymentFailed: { status: 409 },
  DeploymentNotFound: { status: 404 },
  Authorization_RequestDenied: { status: 403 },
  Request_BadRequest: { status: 400 },
  Request_ResourceNotFound: { status: 404 },
  VMStartFailed: { status: 409 },
  VnetAddressSpacesOverlap: { status: 400 },
  VnetCannotBePeeredWithItself: { status: 400 },
  InsufficientStorage: { status: 507 },
  ServiceUnavailable: { status: 503 },
  InternalServerError: { status: 500 },
} as const satisfies Record<string, ArmErrorEntry>;

/** One key of {@link ARM_ERROR}. */
export type ArmErrorCode = keyof typeof ARM_ERROR;

/** What went wrong, as a value; `target` names the property or parameter. */
export interface ArmError {
  readonly code: ArmErrorCode;
  readonly message: string;
  readonly target?: string;
  /** The errors that this one sums up. */
  readonly details?: readonly ArmError[];
}

/** An error as JSON. */
export function armErrorJson({ code, message, target, details }: ArmError): JsonObject {
  return {
    code,
    message,
    ...(target === undefined ? {} : { target }),
    ...(details === undefined ? {} : { details: details.map(armErrorJson) }),
  };
}

/** The status and JSON body of an error (ARM's common error envelope). */
export function renderArmError(error: ArmError): { status: number; body: string } {
  const { code, message, target, details } = error;
  return { status: ARM_ERROR[code].status, body: JSON.stringify({ error: { code, message, target, details } }) };
}
