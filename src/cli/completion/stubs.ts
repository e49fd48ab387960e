/**
 * What each shell is given to complete Purser's commands: a few lines that ask `purser complete`. Words go to it as they were typed and
 * are evaluated by nobody; it answers a candidate a line, with a note behind a tab; no answer leaves the place to file names.
 */

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
export type Shell = (typeof shells)[number]

export const stubs: Readonly<Record<Shell, string>> = {
  bash: `# Completion of purser for bash. To use it:  source <(purser completion bash)
_purser() {
  local value note
  COMPREPLY=()
  while IFS=$'\\t' read -r value note; do
    COMPREPLY+=("$value")
  done < <(command purser complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _purser purser
`,
  zsh: `#compdef purser
# Completion of purser for zsh. To use it, after compinit:  source <(purser completion zsh)
_purser() {
  local value note
  local -a found
  while IFS=$'\\t' read -r value note; do
    found+=("\${value//:/\\\\:}:\${note}")
  done < <(command purser complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe 'purser' found; else _files; fi
}
if [[ "\${funcstack[1]}" == _purser ]]; then _purser "$@"; else compdef _purser purser; fi
`,
  fish: `# Completion of purser for fish. To use it:  purser completion fish | source
function __purser_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found (command purser complete -- $words[2..-1] "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c purser -f -a '(__purser_complete)'
`,
  powershell: `# Completion of purser for PowerShell 7.3 and later. To use it:  purser completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName purser -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '' }
    & purser complete '--' @words 2>$null | ForEach-Object {
        $value, $note = $_ -split "\`t", 2
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $(if ($note) { $note } else { $value }))
    }
}
`,
}
