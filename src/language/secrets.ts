import type { SecretDeclaration } from '../core/dag.ts';
import { check } from './check.ts';
import { ENVNAME, isManaged, shown } from './names.ts';
import { field, fields, items, keyAt } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { PROVIDERS, SECRET } from './step-fields.ts';
import { notYet } from './unsupported.ts';

/** Described for secrets of other systems, not there yet. */
const NOT_YET = ['ref', 'options'];

/** Reads `secrets` (LANGUAGE.md §10): E320, E901. All fields are literal. */
export function readSecrets(into: Report, place: Place | null): SecretDeclaration[] {
  if (place === null) return [];
  if (place.node.kind !== 'list') {
    report(into, 'E320', place, 'must be a list', {
      hint: 'write "secrets: [{name: NAME, provider: env, key: VARIABLE}]"',
    });
    return [];
  }
  const found = new Map<string, SecretDeclaration>();
  for (const item of items(place)) {
    const secret = readSecret(into, item);
    if (secret === null) continue;
    if (found.has(secret.name)) {
      report(into, 'E320', field(item, 'name') ?? item, `duplicate secret ${quote(secret.name)}`);
    } else found.set(secret.name, secret);
  }
  return [...found.values()];
}

function readSecret(into: Report, item: Place): SecretDeclaration | null {
  if (item.node.kind !== 'map') {
    report(into, 'E320', item, 'must be a map with name, provider and key');
    return null;
  }
  const planned = NOT_YET.find((key) => field(item, key) !== null);
  if (planned !== undefined) {
    report(into, 'E901', keyAt(item, planned), notYet(planned).text, { label: item.path });
    return null;
  }
  const map = check(into, item, SECRET, 'other');
  if (map === null) return null;
  const missing = (['name', 'provider', 'key'] as const).find((key) => field(item, key) === null);
  if (missing !== undefined) {
    // A misspelled key is reported already.
    const misspelled = fields(item).some(({ key }) => !Object.hasOwn(SECRET.shape, key));
    if (!misspelled) report(into, 'E320', item, `${missing} is required`);
    return null;
  }
  const { name, provider, key } = map;
  if (name === undefined || provider === undefined || key === undefined) return null;
  const wrong = wrongName(name);
  if (wrong !== null) {
    report(into, 'E320', field(item, 'name') ?? item, `${quote(name)} ${wrong}`);
    return null;
  }
  const known = PROVIDERS.find((one) => one === provider);
  if (known === undefined) {
    const text = notYet(`provider: ${provider}`).text;
    report(into, 'E901', field(item, 'provider') ?? item, `${text}, there are ${PROVIDERS.join(', ')}`);
    return null;
  }
  if (key.trim() === '') {
    report(into, 'E320', field(item, 'key') ?? item, 'must not be empty');
    return null;
  }
  return { name, provider: known, key };
}

function wrongName(name: string): string | null {
  if (!ENVNAME.test(name)) return `is not a name, it must match ${shown(ENVNAME)}`;
  if (/^(FLOW|DAGU)_/.test(name)) return 'must not start with FLOW_ or DAGU_';
  return isManaged(name) ? 'collides with a variable that flow manages' : null;
}
