import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { permits } from './role.ts';

const READ = 'Microsoft.Network/virtualNetworks/read';
const WRITE = 'Microsoft.Network/virtualNetworks/write';
const ASSIGN = 'Microsoft.Authorization/roleAssignments/write';

const ROWS: readonly (readonly [string, readonly string[], readonly string[], string, boolean])[] = [
  ['everything', ['*'], [], WRITE, true],
  ['every read: a read', ['*/read'], [], READ, true],
  ['every read: a write', ['*/read'], [], WRITE, false],
  ['one provider: its own', ['Microsoft.Network/*'], [], WRITE, true],
  ['one provider: a namesake with a longer name', ['Microsoft.Network/*'], [], 'Microsoft.NetworkX/a/write', false],
  ['a star in the middle', ['Microsoft.Network/*/read'], [], READ, true],
  ['the same, another verb', ['Microsoft.Network/*/read'], [], WRITE, false],
  ['no case', ['microsoft.NETWORK/virtualnetworks/READ'], [], READ, true],
  ['no star: more than named', ['Microsoft.Network/virtualNetworks'], [], READ, false],
  ['all but assigning: another write', ['*'], ['Microsoft.Authorization/*/Write'], WRITE, true],
  ['all but assigning: assigning', ['*'], ['Microsoft.Authorization/*/Write'], ASSIGN, false],
  ['nothing', [], [], READ, false],
];

describe('a role', () => {
  for (const [name, actions, notActions, action, allowed] of ROWS)
    it(`${name}: ${allowed ? 'allows' : 'denies'} ${action}`, () => {
      assert.equal(permits({ actions, notActions }, action), allowed);
    });
});
