import { exceptions, proxyFor } from '../actions/http/proxy.ts';
import { hostAndPort, HopelessRequest } from '../actions/http/failure.ts';
import type { Context } from './context.ts';
import type { Finding } from './finding.ts';

/** The proxies that HTTP steps use unless their own environment says otherwise (RELIABILITY.md I17); no credentials. */
export function proxies({ env }: Pick<Context, 'env'>): Finding {
  try {
    const used = (['http', 'https'] as const).flatMap((scheme) => {
      const proxy = proxyFor(scheme, env);
      return proxy === null ? [] : [`${scheme} through ${hostAndPort(proxy.url)}`];
    });
    const except = exceptions(env);
    const excepted = used.length === 0 || except.length === 0 ? [] : [`not for ${except.join(' ')}`];
    return { name: 'proxy', value: [...used, ...excepted].join(', ') || 'none', problem: null, fix: null };
  } catch (error) {
    if (!(error instanceof HopelessRequest)) throw error;
    const [name] = error.message.split(' ');
    return {
      name: 'proxy',
      value: 'unknown',
      problem: error.message,
      fix: `export ${name}=http://HOST:PORT`,
    };
  }
}
