import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

const OPTIONS = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  verbatimModuleSyntax: true,
  declaration: true,
  strict: true,
};

/**
 * Writes the declarations of an entry and of the files that they name, one for each source file, so that nothing of the
 * inside is published: a type that would need more than its own file is an error here. The folders of `into` are those
 * of the sources, seen from the entry.
 */
export function writeTypes(entry, into) {
  const waiting = [entry.href];
  const written = new Set();
  for (let href = waiting.pop(); href !== undefined; href = waiting.pop()) {
    if (written.has(href)) continue;
    written.add(href);
    const source = new URL(href);
    const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(source, 'utf8'), {
      fileName: source.pathname,
      compilerOptions: OPTIONS,
      reportDiagnostics: true,
    });
    if (diagnostics.length > 0) {
      throw new Error(ts.formatDiagnostics(diagnostics, { ...ts.sys, getCanonicalFileName: (name) => name }));
    }
    const text = outputText.replaceAll(/(from ')(\.[^']*)\.ts(';)/g, (_, before, path, after) => {
      waiting.push(new URL(`${path}.ts`, source).href);
      return `${before}${path}.js${after}`;
    });
    const name = source.href.slice(new URL('.', entry).href.length).replace(/\.ts$/, '.d.ts');
    const target = new URL(name, into);
    mkdirSync(new URL('.', target), { recursive: true });
    writeFileSync(target, text);
  }
}
