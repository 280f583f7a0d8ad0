/** The completion script for zsh: a function for its `fpath`, by `_arguments`. */
import {
  byTakers,
  commands,
  endings,
  namesOf,
  targetKind,
  valueKind,
  wordsAfter,
  type Kind,
} from "./words.ts"
import type { OptionSpec } from "../options.ts"

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Inside `[…]` of a specification. */
const described = (text: string): string => text.replace(/[[\]:\\]/g, (character) => `\\${character}`)

const glob = (kind: Kind): string => (endings[kind] ?? []).map((each) => each.slice(2)).join("|")

const actions: Record<Kind, string> = {
  file: "_files",
  directory: "_files -/",
  torrent: `_files -g "*.(${glob("torrent")})(-.)"`,
  snapshot: `_files -g "*.(${glob("snapshot")})(-.)"`,
  nothing: " ",
}

function specLines(spec: OptionSpec): string[] {
  const names = namesOf(spec)
  const action = spec.choices ? `(${spec.choices.join(" ")})` : actions[valueKind(spec)]
  const value = spec.kind === "flag" ? "" : `:${described(spec.value ?? spec.name)}:${action}`
  const repeats = spec.kind === "list"
  const others = repeats || names.length === 1 ? "" : `(${names.join(" ")})`
  return names.map((name) => {
    // "+": the value may also follow at once; "=": also after a sign.
    const joined = spec.kind === "flag" ? name : name.startsWith("--") ? `${name}=` : `${name}+`
    return quoted(`${repeats ? "*" : others}${joined}[${described(spec.help)}]${value}`)
  })
}

const words = (list: readonly string[]): string => `compadd -- ${list.join(" ")}`

export const zshScript = (): string => `#compdef torrent-audit
# Completion of torrent-audit for zsh; \`torrent-audit help completion\` says where to put it.

_torrent_audit_targets() {
  if [[ $PREFIX == @* ]]; then
    compset -P @
    _files
    return
  fi
  case $command in
    '') ${words(commands)}; ${actions.torrent} ;;
${Object.entries(wordsAfter)
  .map(
    ([command, list]) =>
      `    ${command}) if (( after )); then ${actions[targetKind(command)].trim() || ":"}; else ${words(list)}; fi ;;`,
  )
  .join("\n")}
${commands
  .filter((command) => !Object.hasOwn(wordsAfter, command) && targetKind(command) !== "torrent")
  .map((command) => `    ${command}) ${actions[targetKind(command)].trim() || ":"} ;;`)
  .join("\n")}
    *) ${actions.torrent} ;;
  esac
}

_torrent_audit() {
  local command='' after=0 word
  local -a specs
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] && continue
    if [[ -n $command ]]; then
      after=1
    elif [[ $word == (${commands.join("|")}) ]]; then
      command=$word
    fi
  done
  specs=('(- *)'{-h,--help}'[what it can do]')
${byTakers()
  .map(
    ({ takers, specs }) =>
      `  [[ \${command:-audit} == (${takers.join("|")}) ]] && specs+=(\n    ${specs.flatMap(specLines).join("\n    ")}\n  )`,
  )
  .join("\n")}
  _arguments -s -S : $specs '*:target:_torrent_audit_targets'
}

if [[ $funcstack[1] == _torrent-audit ]]; then
  _torrent_audit "$@"
else
  compdef _torrent_audit torrent-audit
fi
`
