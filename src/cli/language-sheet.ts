/** `flow help language`: a DAG file that is valid as it stands, with what people need most. */
export const LANGUAGE = `# The DAG language on one screen. This text is a DAG file itself.
name: nightly                        # default: the name of the file
schedule: "0 2 * * *"                # fired by \`flow scheduler\`
params:                              # flow run nightly region=us
  - {name: region, enum: [eu, us], default: eu}
env: [{TARGET: "out-\${params.region}"}]      # \${...} works in every text
secrets: [{name: TOKEN, provider: env, key: API_TOKEN}]     # shown as ***
timeout_sec: 3600                    # of the whole run, in seconds
max_active_steps: 4                  # steps at once
preconditions: [test -d .]           # not met: nothing runs, exit 0
defaults: {retry_policy: {limit: 1, interval_sec: 5}}       # of all steps
handler_on:                          # init success failure abort wait exit
  failure: {run: echo "$FLOW_RUN_ID failed"}
steps:                               # all start at once, but for depends
  - id: extract
    run: |                           # a script; the first error ends it
      date > "$TARGET"               # params and env are variables
      echo "rows=3" >> "$FLOW_OUTPUT_FILE"
    outputs: [{name: rows}]          # \${steps.extract.outputs.rows}
  - id: digest
    depends: extract
    run: cksum < "$TARGET"
    output: DIGEST                   # what it prints: $DIGEST further down
  - id: post
    depends: [extract, digest]
    action: http.request             # flow schema: all actions and fields
    with: {method: POST, url: "https://example.com/\${params.region}"}
    timeout_sec: 30
    retry_policy: {limit: 3, interval_sec: 2, backoff: true}
  - id: lint
    run: ./lint.sh
    preconditions: [{condition: "\${params.region}", expected: eu}]
    continue_on: failed              # the run goes on, and ends as partial
  - id: each
    foreach:                         # the body runs once for each item
      items: [a, b]                  # or \${steps.ID.outputs.NAME}, a JSON list
      as: part
      max_concurrent: 2
      steps: [{id: copy, env: [{PART: "\${foreach.part}"}], run: echo "$PART"}]
  - id: signoff                      # flow complete last signoff --resume
    depends: [post, each]
    action: human.task
    with: {prompt: "Publish \${steps.extract.outputs.rows} rows?"}
  - id: publish
    depends: signoff
    action: dag.run                  # another file, a name, or the one below
    with: {dag: publish, params: {file: "\${TARGET}"}}
---
name: publish
type: chain                          # one step after the other
params: [{name: file, required: true}]
steps: [{run: 'cat "$file"'}, {run: rm "$file"}]`;
