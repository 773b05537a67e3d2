/**
 * The scripts of `flow completion`, by shell. They know nothing of flow: they ask `flow __complete` (src/complete.ts)
 * at every key, so they are never out of date.
 */
export const SCRIPTS: ReadonlyMap<string, string> = new Map([
  [
    'bash',
    `# Completion of flow for bash; \`flow completion --help\` says where it goes.
_flow() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(flow __complete line "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    case \${COMPREPLY[0]-} in
        */ | *=) compopt -o nospace 2>/dev/null ;;
    esac
}
complete -o nosort -F _flow flow 2>/dev/null || complete -F _flow flow
`,
  ],
  [
    'zsh',
    `#compdef flow
# Completion of flow for zsh; \`flow completion --help\` says where it goes.
_flow() {
    local word about home
    local -a found whole shown begun
    local -i width=0
    found=("\${(@f)$(flow __complete words "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
    # A tilde among the candidates would be quoted.
    if [[ $PREFIX == '~/'* ]] && compset -P '\\~/'; then home='~/'; fi
    for word in "\${(@)found%%$'\\t'*}"; do
        (( \${#word} > width )) && width=\${#word}
    done
    for about in "\${(@)found}"; do
        word=\${about%%$'\\t'*} about=\${about#*$'\\t'}
        if [[ $word == *[/=] ]]; then
            begun+=("\${word#$home}")
        elif [[ -n $word ]]; then
            whole+=("\${word#$home}")
            shown+=("\${(r:width:)word}\${about:+  -- $about}")
        fi
    done
    compadd -l -V flow -d shown -a whole
    compadd -V flow-begun -S '' -a begun
}
if [[ \${funcstack[1]} == _flow ]]; then
    _flow
else
    compdef _flow flow
fi
`,
  ],
  [
    'fish',
    `# Completion of flow for fish; \`flow completion --help\` says where it goes.
function __flow_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l unquoted (string unescape -- $last); and set last $unquoted
    flow __complete words $words[2..] "$last" 2>/dev/null
end
complete -c flow -f -k -a '(__flow_complete)'
`,
  ],
]);
