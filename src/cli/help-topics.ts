/** What `flow help` tells besides the help of commands. */
export const HELP_TOPICS = {
  language: 'what a DAG file can say, on one screen',
  'exit-codes': 'what the exit codes mean',
  env: 'the settings: variables, flags and keys',
} as const;

export type HelpTopic = keyof typeof HELP_TOPICS;
