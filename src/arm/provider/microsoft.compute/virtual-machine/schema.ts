import Type, { type TSchema } from 'typebox';
import { IDENTITY_SCHEMA } from '../../../managed-identity.ts';

const CLOSED = { additionalProperties: false } as const;
const answered = (): TSchema => Type.Optional(Type.Unknown({ readOnly: true }));
const text = (): TSchema => Type.Optional(Type.Union([Type.String(), Type.Null()]));
const flag = (): TSchema => Type.Optional(Type.Union([Type.Boolean(), Type.Null()]));
/** What is not built: it may be there, and empty. */
const none = (): TSchema =>
  Type.Optional(Type.Union([Type.Null(), Type.Object({}, CLOSED), Type.Array(Type.Unknown(), { maxItems: 0 })]));
const object = (members: Readonly<Record<string, TSchema>>): TSchema =>
  Type.Optional(Type.Union([Type.Object(members, CLOSED), Type.Null()]));
/** Azure's clients write words of enumerations in either case. */
const word = (...words: readonly string[]): TSchema =>
  Type.Optional(
    Type.Union([Type.Enum([...words, ...words.map((one) => one.charAt(0).toLowerCase() + one.slice(1))]), Type.Null()]),
  );

const PUBLIC_KEY = Type.Object({ path: text(), keyData: Type.String() }, CLOSED);

/** The shape of `osProfile`. Signing in by a password is refused by the verb, with what to do instead. */
const OS_PROFILE = object({
  computerName: text(),
  adminUsername: text(),
  adminPassword: text(),
  customData: text(),
  linuxConfiguration: object({
    disablePasswordAuthentication: flag(),
    ssh: object({ publicKeys: Type.Optional(Type.Array(PUBLIC_KEY)) }),
    provisionVMAgent: flag(),
    enableVMAgentPlatformUpdates: flag(),
    patchSettings: object({
      patchMode: word('ImageDefault', 'AutomaticByPlatform'),
      assessmentMode: word('ImageDefault', 'AutomaticByPlatform'),
      automaticByPlatformSettings: none(),
    }),
  }),
  windowsConfiguration: Type.Optional(Type.Null()),
  secrets: none(),
  allowExtensionOperations: flag(),
  requireGuestProvisionSignal: flag(),
});

const STORAGE_PROFILE = Type.Object(
  {
    imageReference: object({
      publisher: text(),
      offer: text(),
      sku: text(),
      version: text(),
      exactVersion: answered(),
      id: Type.Optional(Type.Null()),
    }),
    osDisk: object({
      name: text(),
      osType: word('Linux'),
      createOption: word('FromImage'),
      caching: word('None', 'ReadOnly', 'ReadWrite'),
      deleteOption: word('Delete', 'Detach'),
      diskSizeGB: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 32_767 }), Type.Null()])),
      diskSizeGb: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 32_767 }), Type.Null()])),
      writeAcceleratorEnabled: Type.Optional(Type.Union([Type.Literal(false), Type.Null()])),
      managedDisk: object({
        id: text(),
        storageAccountType: word('Standard_LRS', 'Premium_LRS', 'StandardSSD_LRS', 'Premium_ZRS', 'StandardSSD_ZRS'),
        diskEncryptionSet: none(),
        securityProfile: none(),
      }),
    }),
    dataDisks: Type.Optional(Type.Union([Type.Array(Type.Unknown(), { maxItems: 0 }), Type.Null()])),
    diskControllerType: word('SCSI', 'NVMe'),
  },
  CLOSED,
);

const PROPERTIES = {
  hardwareProfile: Type.Object({ vmSize: Type.String(), vmSizeProperties: none() }, CLOSED),
  storageProfile: STORAGE_PROFILE,
  osProfile: OS_PROFILE,
  networkProfile: Type.Object(
    {
      networkInterfaces: Type.Array(
        Type.Object(
          {
            id: Type.String(),
            properties: object({ primary: flag(), deleteOption: word('Delete', 'Detach') }),
            primary: flag(),
            deleteOption: word('Delete', 'Detach'),
          },
          CLOSED,
        ),
        { minItems: 1 },
      ),
    },
    CLOSED,
  ),
  // Kept and shown; a host has no firmware that would measure its start.
  securityProfile: object({
    securityType: word('TrustedLaunch', 'Standard'),
    encryptionAtHost: Type.Optional(Type.Union([Type.Literal(false), Type.Null()])),
    uefiSettings: object({ secureBootEnabled: flag(), vTpmEnabled: flag() }),
    proxyAgentSettings: none(),
  }),
  diagnosticsProfile: object({
    bootDiagnostics: object({
      enabled: Type.Optional(Type.Union([Type.Literal(false), Type.Null()])),
      storageUri: Type.Optional(Type.Null()),
    }),
  }),
  priority: word('Regular'),
  evictionPolicy: Type.Optional(Type.Null()),
  licenseType: Type.Optional(Type.Null()),
  additionalCapabilities: none(),
  userData: text(),
  scheduledEventsPolicy: none(),
  extensionsTimeBudget: text(),
  provisioningState: answered(),
  vmId: answered(),
  timeCreated: answered(),
  instanceView: answered(),
};

const ENVELOPE = {
  zones: Type.Optional(Type.Union([Type.Array(Type.String(), { maxItems: 1 }), Type.Null()])),
  identity: IDENTITY_SCHEMA,
  plan: Type.Optional(Type.Null()),
  extendedLocation: Type.Optional(Type.Null()),
  resources: answered(),
};

/** The body of a PUT of a virtual machine: what `az vm create`, `az vm update` and the SDKs send (facts/acr.md §4.6). */
export const MACHINE_SCHEMA = Type.Object({ ...ENVELOPE, properties: Type.Object(PROPERTIES, CLOSED) }, CLOSED);

/** The body of a PATCH: tags, the size, and the identity. */
export const MACHINE_PATCH = Type.Object(
  {
    identity: IDENTITY_SCHEMA,
    properties: Type.Optional(Type.Object({ hardwareProfile: Type.Optional(PROPERTIES.hardwareProfile) }, CLOSED)),
  },
  CLOSED,
);
