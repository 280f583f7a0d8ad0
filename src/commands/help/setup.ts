/** Help on what is set up once: configuration, completion, schemas, files, privacy. */
export const configScreen = `Configuration: any option of an audit, once for all

What comes first in this list wins:
  1  the command line
  2  the environment: TORRENT_AUDIT_MAX_PEERS=50
  3  --config FILE, or the file that TORRENT_AUDIT_CONFIG names
  4  $XDG_CONFIG_HOME/torrent-audit/config.json (else ~/.config/...)
  5  /etc/torrent-audit/config.json
  6  the defaults

  {
    "$schema": "https://example.org/where/you/put/config.schema.json",
    "maxPeers": 50,
    "timeout": "5m",
    "noDht": true,
    "tracker": ["https://tracker.example.org/announce"]
  }

Keys are option names in camel case, values as on the command line: counts and
numbers as numbers, flags as true or false, lists as lists. A list replaces
the weaker one as a whole. \`torrent-audit schema config\` prints a JSON Schema
for editors.

In the environment a flag is 1, true, 0 or false; a list is separated by
spaces (a path that has one can stand in a file); empty is not set.

The command line takes a flag back by its opposite or by =false: --dht or
--no-dht=false against "noDht": true, --no-lsd or --lsd=false against "lsd".

A command passes over what it has no use for; \`out\`, and formats other than
text and json, are for audits. Can't be set there: targets, --config,
--print-config, --dry-run, --last, --prune, and the options of dht and doctor.

  torrent-audit --print-config           every value, and where it is from
  torrent-audit --print-config --json

A mistake in it ends a command with exit status 78; help, completion and
schema do without.
`

export const completionScreen = `torrent-audit completion bash|zsh: commands, options and values by Tab

bash, with the package bash-completion (loaded when first needed):
  torrent-audit completion bash \\
    > ~/.local/share/bash-completion/completions/torrent-audit
or in ~/.bashrc:
  source <(torrent-audit completion bash)

zsh, in a directory of your fpath, before compinit:
  mkdir -p ~/.zfunc && torrent-audit completion zsh > ~/.zfunc/_torrent-audit
and in ~/.zshrc:
  fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit

The script asks nobody: what it completes is in it. Make it anew after an
upgrade.
`

export const schemaScreen = `torrent-audit schema [snapshot|config]: JSON Schemas

  torrent-audit schema > snapshot.schema.json
  torrent-audit schema config > config.schema.json

snapshot: every document that --json prints, failures included. Within a major
schemaVersion fields are only added, so that the schema closes nothing.
config: a configuration file; unknown keys are mistakes there.
Both are in the package too: dist/snapshot.schema.json, config.schema.json.
`

export const filesScreen = `Files: what is kept where

  $XDG_STATE_HOME/torrent-audit, else ~/.local/state/torrent-audit
    history.sqlite     every audit made here (--no-history: none), and a fleet
                       without a database of its own; --store: not used
    runs.log           a line for each run of a schedule
    readings/          what peers said, 7 days: for PROGRESS and its findings;
                       readings@LABEL: seen from --vantage LABEL
    *.json             trackers' answers, a day: so that none is asked too soon
    redaction.key      the key of renamed addresses, 0600: keep it to yourself
    locks/             one audit of a torrent at a time

  $XDG_CACHE_HOME/torrent-audit, else ~/.cache/torrent-audit
    dht-nodes-*.json   DHT nodes that answered: so that no bootstrap is needed

  $XDG_CONFIG_HOME/torrent-audit/config.json, /etc/torrent-audit/config.json
                       \`torrent-audit help config\`

All may be deleted at any time; the history is then gone, and new snapshots
rename addresses otherwise than old ones. Directories are 0700. Where nothing
can be written, an audit goes on without. No payload is ever kept.
`

export const redactionScreen = `Redaction: what a snapshot tells of peers

  --redact none     addresses as they are: on screen
  --redact prefix   203.0.113.0/24~k7f3a9:51413: the /24 (IPv6 /48), a token
                    and the port; the default when saved or piped
  --redact full     ~k7f3a9:51413: no network, no --mmdb place

The token is a keyed hash of the address. The key is in the state directory
(0600), so that snapshots of one machine can be compared, and nobody else can
find an address by trying all. Findings are computed from what is left, and
come out the same. \`merge\` matches peers of two machines only if both have
the same redaction.key, or nothing was renamed.

Everywhere: passkeys in tracker and web seed URLs are masked, host names of
x.pe are renamed, DHT nodes and BEP 33 filters are made unreadable.

IP addresses may be personal data. Publish prefix or full. Even so, a rare
client in a small network may be told by who knows it.

--mmdb FILE adds country, autonomous system and its name to each peer, looked
up on this machine before addresses are renamed: GeoLite2, DB-IP and IPinfo
databases. -v shows the sums under PLACES; JSON has peers[].place.
`
