import tseslint from 'typescript-eslint';

/** Time, chance and processes enter through ports, so that a simulator can replace them. */
const PORTS_ONLY = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'use a Clock' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'use a Clock' },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'use Ids' },
  { selector: "CallExpression[callee.name='setTimeout']", message: 'use a Clock' },
  { selector: "CallExpression[callee.name='setInterval']", message: 'use a Clock' },
  { selector: "MemberExpression[object.name='process'][property.name='kill']", message: 'use process/' },
  {
    selector: "MemberExpression[object.name='process'][property.name='exit']",
    message: 'only main.ts exits',
  },
];

export default tseslint.config(
  { ignores: ['dist', 'dist-*', 'node_modules', 'test/golden'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'vitest.config.ts', 'bin/*.js', 'scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      'no-eval': 'error',
      'no-new-func': 'error',
    },
  },
  {
    files: [
      'src/core/**',
      'src/engine/**',
      'src/language/**',
      'src/report/**',
      'src/cli/**',
      'src/machine/**',
      'src/lib/**',
      'src/actions/**',
    ],
    rules: { 'no-restricted-syntax': ['error', ...PORTS_ONLY] },
  },
  {
    files: ['src/core/**', 'src/language/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'core and language touch nothing outside' }] },
      ],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['test/**', 'bench/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
