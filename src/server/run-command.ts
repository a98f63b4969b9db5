import type { ArmEffect, EffectOutcome } from '../arm/effect.ts';
import type { ArmError } from '../azure/error.ts';
import { type JsonObject, listOf, objectOf } from '../azure/json.ts';
import type { MachineCommandEnd } from '../lab/machine.ts';
import type { StoredResource } from '../state/port.ts';
import type { Machines } from './machines.ts';

/** How long a script may take, in ms; Azure's own bound is 90 minutes, and a client waits for the answer. */
const TIMEOUT_MS = 10 * 60_000;
/** Azure shows the last 4,096 bytes of each output (learn.microsoft.com/azure/virtual-machines/linux/run-command). */
const MOST_BYTES = 4096;

/** `runCommand` of a virtual machine: runs a shell script as root in its host, and answers when it is over. */
export function runCommandEffect(machines: Machines): ArmEffect {
  return {
    type: 'Microsoft.Compute/virtualMachines',
    name: 'runCommand',
    method: 'POST',
    run: ({ resource, body }) => run(machines, resource, body),
  };
}

async function run(machines: Machines, machine: StoredResource, body: JsonObject): Promise<EffectOutcome> {
  if (machines.observed(machine.uid)?.kind !== 'running')
    return notRunning(machine, 'this server runs no host for it now');
  const script = scriptOf(body);
  if (typeof script !== 'string') return { kind: 'refused', error: script };
  const end = await machines.execute(machine.uid, {
    argv: ['/bin/bash', '-s'],
    input: script,
    timeoutMs: TIMEOUT_MS,
    mostBytes: MOST_BYTES,
  });
  if (end.kind === 'refused') return notRunning(machine, end.why);
  return { kind: 'answered', body: { value: [status(end)] } };
}

function notRunning({ name }: StoredResource, why: string): EffectOutcome {
  const message = `Cannot run a command in VM ${name}: ${why}. Start it with az vm start.`;
  return { kind: 'refused', error: { code: 'OperationNotAllowed', message } };
}

/** The script with its parameters, as they are named, before it. */
function scriptOf({ commandId, script, parameters }: JsonObject): string | ArmError {
  if (commandId !== 'RunShellScript')
    return invalid(
      'commandId',
      `The value ${JSON.stringify(commandId)} of 'commandId' is not built here: it must be RunShellScript.`,
    );
  const lines = listOf(script);
  if (lines.length === 0 || !lines.every((line) => typeof line === 'string'))
    return invalid('script', "'script' must have the lines of a shell script.");
  const given = listOf(parameters).map(objectOf);
  const settings: string[] = [];
  for (const [i, { name, value }] of given.entries()) {
    if (typeof name !== 'string' || !/^\w*$/.test(name) || typeof value !== 'string')
      return invalid(
        `parameters[${i}]`,
        `The parameter ${JSON.stringify(name)} must be a name of letters with a text.`,
      );
    const quoted = `'${value.replaceAll("'", String.raw`'\''`)}'`;
    // az names parameters without name arg1, arg2 …, which a script finds as its arguments.
    settings.push(/^(?:arg\d+)?$/.test(name) ? `set -- "$@" ${quoted}` : `export ${name}=${quoted}`);
  }
  return [...settings, ...lines, ''].join('\n');
}

function invalid(target: string, message: string): ArmError {
  return { code: 'InvalidParameter', target, message };
}

/** The one status of a script, in the form that clients read its outputs from (facts/acr.md §4.6). */
function status({ code, timedOut, stdout, stderr }: Extract<MachineCommandEnd, { kind: 'ended' }>): JsonObject {
  const isGood = code === 0;
  const how = timedOut
    ? `failed: it took longer than ${TIMEOUT_MS / 1000} s`
    : isGood
      ? 'succeeded: '
      : `failed: failed to execute command: command terminated with exit status=${code ?? 'unknown'}`;
  return {
    code: `ProvisioningState/${isGood ? 'succeeded' : 'failed'}`,
    level: isGood ? 'Info' : 'Error',
    displayStatus: isGood ? 'Provisioning succeeded' : 'Provisioning failed',
    message: `Enable ${how}\n[stdout]\n${stdout}\n[stderr]\n${stderr}\n`,
  };
}
