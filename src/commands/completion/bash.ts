/** The completion script for bash 3.2 and later, alone or under bash-completion. */
import {
  byTakers,
  commands,
  endings,
  namesOf,
  takesValue,
  targetKind,
  valueKind,
  wordsAfter,
  type Kind,
} from "./words.ts"
import { options, type OptionSpec } from "../options.ts"

const table: readonly OptionSpec[] = options

/** `--a|--b) body ;;` */
const branch = (names: readonly string[], body: string): string => `    ${names.join("|")}) ${body} ;;`

const filesOf: Record<Kind, string> = {
  file: "_torrent_audit_files",
  directory: "_torrent_audit_files -d",
  torrent: `_torrent_audit_files ${globs("torrent")}`,
  snapshot: `_torrent_audit_files ${globs("snapshot")}`,
  nothing: ":",
}

function globs(kind: Kind): string {
  return (endings[kind] ?? []).map((glob) => `'${glob}'`).join(" ")
}

/** One branch for all options that are completed alike. */
function valueBranches(): string[] {
  const alike = new Map<string, string[]>()
  for (const spec of table.filter(takesValue)) {
    const how = spec.choices ? `_torrent_audit_words '${spec.choices.join(" ")}'` : filesOf[valueKind(spec)]
    alike.set(how, [...(alike.get(how) ?? []), ...namesOf(spec)])
  }
  return [...alike].map(([how, names]) => branch(names, how))
}

export const bashScript =
  (): string => `# Completion of torrent-audit for bash; \`torrent-audit help completion\` says where to put it.

_torrent_audit_words() {
  COMPREPLY+=($(compgen -W "$1" -- "$cur"))
}

# Files: of the given endings, or all; directories always.
_torrent_audit_files() {
  local glob IFS=$'\\n'
  COMPREPLY+=($(compgen -d -- "$cur"))
  [[ \${1-} == -d ]] && return
  if (( $# == 0 )); then
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
  for glob; do
    COMPREPLY+=($(compgen -f -X "!$glob" -- "$cur"))
  done
}

# The value of an option: 1 if it takes none.
_torrent_audit_value() {
  case $1 in
${valueBranches().join("\n")}
    *) return 1 ;;
  esac
}

_torrent_audit_takes_value() {
  case $1 in
    ${table.filter(takesValue).flatMap(namesOf).join("|")}) return 0 ;;
  esac
  return 1
}

_torrent_audit_options() {
  local list='--help'
${byTakers()
  .map(
    ({ takers, specs }) =>
      `  [[ ' ${takers.join(" ")} ' == *" $1 "* ]] && list+=' ${specs.flatMap(namesOf).join(" ")}'`,
  )
  .join("\n")}
  _torrent_audit_words "$list"
}

_torrent_audit() {
  local cur=\${COMP_WORDS[COMP_CWORD]} before='' command='' after=0 at word
  COMPREPLY=()
  # Readline takes --depth=sample apart, and leaves the sign a word of its own.
  (( COMP_CWORD > 0 )) && before=\${COMP_WORDS[COMP_CWORD-1]}
  if [[ $before == '=' ]] && (( COMP_CWORD > 1 )); then
    before=\${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $cur == '=' ]]; then
    cur=''
  fi
  for (( at = 1; at < COMP_CWORD; at++ )); do
    word=\${COMP_WORDS[at]}
    if [[ $word == -- ]]; then
      before=''
      _torrent_audit_files
      return
    elif [[ $word == '=' ]]; then
      (( at++ ))
    elif [[ $word == -* ]]; then
      [[ \${COMP_WORDS[at+1]-} != '=' ]] && _torrent_audit_takes_value "$word" && (( at++ ))
    elif [[ -z $command ]]; then
      case $word in
        ${commands.join("|")}) command=$word ;;
        *) command=audit; after=1 ;;
      esac
    else
      after=1
    fi
  done
  _torrent_audit_value "$before" && return
  if [[ $cur == -* ]]; then
    _torrent_audit_options "\${command:-audit}"
    return
  fi
  if [[ $cur == @* ]]; then
    local IFS=$'\\n'
    COMPREPLY=($(compgen -P @ -f -- "\${cur#@}"))
    return
  fi
  case $command in
    '') _torrent_audit_words '${commands.join(" ")}'; ${filesOf.torrent} ;;
${Object.entries(wordsAfter)
  .map(
    ([command, words]) =>
      `    ${command}) if (( after )); then ${filesOf[targetKind(command)]}; else _torrent_audit_words '${words.join(" ")}'; fi ;;`,
  )
  .join("\n")}
${commands
  .filter((command) => !Object.hasOwn(wordsAfter, command) && targetKind(command) !== "torrent")
  .map((command) => `    ${command}) ${filesOf[targetKind(command)]} ;;`)
  .join("\n")}
    *) ${filesOf.torrent} ;;
  esac
}

complete -o filenames -F _torrent_audit torrent-audit
`
