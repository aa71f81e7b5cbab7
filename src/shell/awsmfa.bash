# shellcheck shell=bash disable=SC2034
# awsmfa in bash, 3.2 or later: the time remaining of the session, in AWSMFA_PS1. Nothing is started; only bash before 4.2 needs one `date`.
# bash before 5.0 has no such clock, but may have inherited one that stands still.
case $BASH_VERSION in [1234].*) unset EPOCHSECONDS ;; esac

_awsmfa_prompt() {
  local code=$? label=''
  if [[ -n ${AWSMFA_PS1_FORMAT:-} ]]; then _awsmfa_formatted || :; else _awsmfa_segment || :; fi
  # Under errexit bash would end here with the code of the last command.
  case $- in *e*) return 0 ;; esac
  return "$code"
}

# bash copies a function each time it calls it: what is rarely needed has one of its own.
_awsmfa_segment() {
  local profile=${AWS_PROFILE:-${AWS_DEFAULT_PROFILE:-}} credentials=${AWS_SHARED_CREDENTIALS_FILE:-${HOME:-}/.aws/credentials} end='' state='' inside='' left form file name ends='' kind=''
  AWSMFA_PS1=$profile
  if [[ -n ${AWSMFA_PROFILE:-} && -z $profile && -n ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SECRET_ACCESS_KEY:-} && -n ${AWS_SESSION_TOKEN:-} ]]; then
    # Inside of awsmfa exec.
    profile=$AWSMFA_PROFILE inside=1 state=ends
    _awsmfa_instant "${AWS_CREDENTIAL_EXPIRATION:-}" || state=unknown
  else
    profile=${profile:-default}
    if [[ -n ${AWSMFA_SERVER_CONFIG:-} ]]; then _awsmfa_served; fi
  fi
  label=$profile
  # What a prompt would act upon.
  case $label in *[\\\`\$![:cntrl:]]*) label=${label//[\\\`\$![:cntrl:]]/_} ;; esac
  if [[ -z $inside || -n ${AWSMFA_PS1_FORMAT:-} ]]; then
    # A profile that was chosen is shown without a session, too.
    AWSMFA_PS1=${AWSMFA_PS1:+$label}
    file=$profile
    case $credentials in *'$'*) _awsmfa_expand credentials "$credentials" ;; esac
    # shellcheck disable=SC2088 # as AWS's tools do it, whatever the shell did
    case $credentials in '~' | '~/'*) credentials=${HOME:-}${credentials#'~'} ;; esac
    case $file in .* | *[%/\\:*?\"\<\>\|]*) _awsmfa_encode ;; esac
    file=$credentials.awsmfa/$file
    # The first word is the version of the form.
    if [[ -f $file && -r $file && -e $credentials ]] && IFS=' ' read -r form ends kind name <"$file" && [ "$form" = 1 ] && [ "$name" = "$profile" ]; then
      if [[ $credentials -nt $file ]]; then
        kind=older
      elif [[ -n ${AWSMFA_PS1_FORMAT:-} ]]; then
        _awsmfa_who
      fi
      if [[ -z $inside ]]; then end=$ends state=$kind; fi
    fi
    [[ -n $state ]] || return 0
  fi
  if [[ $state != ends ]]; then
    AWSMFA_PS1="$label ?"
    return 0
  fi
  # Arithmetic would take anything but digits for an expression.
  case $end in '' | 0* | *[!0-9]* | ????????????*) [[ -n $inside ]] || return 0 ;; esac
  case ${EPOCHSECONDS:-} in
    '' | *[!0-9]*) _awsmfa_left || return 0 ;;
    *) left=$((end - EPOCHSECONDS)) ;;
  esac
  if ((left >= 3600)); then
    AWSMFA_PS1="$label $((left / 3600))h$((left % 3600 / 60))m"
  else
    _awsmfa_soon
  fi
}

# Inside of awsmfa exec --server AWS_PROFILE names a profile of the copy of the config file: this is the one it serves.
_awsmfa_served() {
  if [[ ${AWS_CONFIG_FILE:-} == "$AWSMFA_SERVER_CONFIG" && $profile == awsmfa-server* ]]; then profile=${AWSMFA_PROFILE:-$profile}; fi
}

_awsmfa_soon() {
  if ((left >= 60)); then
    AWSMFA_PS1="$label $((left / 60))m"
  elif ((left > 0)); then
    AWSMFA_PS1="$label <1m"
  elif ((left > -86400)); then
    AWSMFA_PS1="$label expired"
  fi
  if ((left > 0 && left <= 600)); then _awsmfa_warn; fi
}

# For AWSMFA_PS1_FORMAT: $account and $role from the second file of a profile, if it is of the session that the first has.
_awsmfa_who() {
  local second=$credentials.awsmfa/.${file##*/} until type whose user
  if [[ -f $second && -r $second && ! $credentials -nt $second ]] && IFS=' ' read -r form until type whose user name <"$second"; then
    if [ "$form $until $type $name" != "2 $ends $kind $profile" ]; then return; fi
    case $whose in '' | *[!0123456789]*) ;; *) account=$whose ;; esac
    case $user in - | *[!A-Za-z0-9_+=,.@-]*) ;; *) role=$user ;; esac
  fi
}

# Composes the segment as AWSMFA_PS1_FORMAT says: %p profile, %t time, %a account, %r role or user. What is not known
# leaves no space behind.
_awsmfa_formatted() {
  local account='' role='' text='' rest=$AWSMFA_PS1_FORMAT left_over value
  _awsmfa_segment || :
  [[ -n $AWSMFA_PS1 ]] || return 0
  left_over=${AWSMFA_PS1#"$label"}
  # What a prompt would act upon.
  case $rest in *[\\\`\$![:cntrl:]]*) rest=${rest//[\\\`\$![:cntrl:]]/_} ;; esac
  while [[ $rest == *%* ]]; do
    text=$text${rest%%\%*} rest=${rest#*%}
    case $rest in
      p*) value=$label ;;
      t*) value=${left_over# } ;;
      a*) value=$account ;;
      r*) value=$role ;;
      %*) value=% ;;
      *)
        text=$text%
        continue
        ;;
    esac
    rest=${rest#?}
    if [[ -z $value ]]; then text=${text%"${text##*[! ]}"}; fi
    text=$text$value
  done
  text=$text$rest
  AWSMFA_PS1=${text#"${text%%[! ]*}"}
}

# Gives $left where bash has no such clock.
_awsmfa_left() {
  local now
  case $BASH_VERSION in
    [123].* | 4.[01].*) now=$(date +%s 2>/dev/null) || return 1 ;;
    *) printf -v now '%(%s)T' -1 ;;
  esac
  case $now in '' | *[!0-9]*) return 1 ;; esac
  left=$((end - now))
}

# The name of the file for a name that files cannot have.
_awsmfa_encode() {
  file=${file//%/%25} file=${file//\//%2F} file=${file//\\/%5C} file=${file//:/%3A} file=${file//\*/%2A}
  file=${file//\?/%3F} file=${file//\"/%22} file=${file//</%3C} file=${file//>/%3E} file=${file//|/%7C}
  case $file in .*) file=%2E${file#.} ;; esac
}

# Sets the variable $1 to the path $2 with $NAME and ${NAME} replaced where they are set, as AWS's tools do.
_awsmfa_expand() {
  local _path='' _rest=$2 _name _text LC_ALL=C
  while [[ $_rest == *'$'* ]]; do
    _path=$_path${_rest%%'$'*} _rest=${_rest#*'$'}
    case $_rest in
      '{'*'}'*) _name=${_rest#'{'} _name=${_name%%'}'*} _text="{$_name}" ;;
      *) _name=${_rest%%[!A-Za-z0-9_]*} _text=$_name ;;
    esac
    _rest=${_rest#"$_text"} _text="\$$_text"
    case $_name in
      '' | [0-9]* | *[!A-Za-z0-9_]*) ;;
      *) if [[ -n ${!_name+set} ]]; then _text=${!_name}; fi ;;
    esac
    _path=$_path$_text
  done
  printf -v "$1" %s "$_path$_rest"
}

# Gives $end the instant of a text such as 2026-11-21T18:40:00Z.
_awsmfa_instant() {
  local d='[0123456789]' year month day days
  # shellcheck disable=SC2254 # a pattern
  case $1 in $d$d$d$d-$d$d-$d${d}T$d$d:$d$d:$d${d}Z) ;; *) return 1 ;; esac
  year=$((10#${1:0:4})) month=$((10#${1:5:2})) day=$((10#${1:8:2}))
  if ((month < 3)); then year=$((year - 1)) month=$((month + 12)); fi
  days=$((365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 719469))
  end=$((days * 86400 + 10#${1:11:2} * 3600 + 10#${1:14:2} * 60 + 10#${1:17:2}))
}

# Says once at ten and once at five minutes before the end what renews the session.
_awsmfa_warn() {
  local mark=10 word option=
  if ((left <= 300)); then mark=5; fi
  case ${_awsmfa_warned-} in *"/$end $mark $profile/"*) return 0 ;; esac
  _awsmfa_warned="${_awsmfa_warned-}/$end $mark $profile/"
  printf -v word %q "$profile"
  case $profile in -*) option=--profile= ;; esac
  if [[ -n $inside ]]; then
    printf '%s\n' "awsmfa: session in this shell ends in $(((left + 59) / 60)) min. To renew: exit, and run awsmfa exec $option$word" >&2
  else
    printf '%s\n' "awsmfa: session of '$label' ends in $(((left + 59) / 60)) min. To renew: awsmfa login $option$word" >&2
  fi
}

case $'\n'"${PROMPT_COMMAND[*]-}" in
  *_awsmfa_prompt*) ;;
  *) PROMPT_COMMAND=_awsmfa_prompt${PROMPT_COMMAND:+$'\n'"$PROMPT_COMMAND"} ;;
esac

# awsmfa-use sets AWS_PROFILE to a profile that exists; `-` returns to the one before, `--clear` unsets it; without a
# name it asks which one on a terminal, and elsewhere prints the profile in use. In POSIX mode bash has no such names.
case :${SHELLOPTS-}: in
  *:posix:*) ;;
  *)
    awsmfa-use() {
      local next=${1-} usage='usage: awsmfa-use [PROFILE | - | --clear] (no argument: choose from a list)' code=0 known='' name
      local -a _awsmfa_names=()
      if (($# == 0)) && [[ -t 0 && -t 1 ]]; then
        next=$(command awsmfa status --pick --format '{profile}') || code=$?
        if ((code != 0 && code != 4)); then return "$code"; fi
        [[ -n $next ]] || return 1
        set -- "$next"
      elif (($# == 0)); then
        local profile=${AWS_PROFILE:-${AWS_DEFAULT_PROFILE:-default}}
        if [[ -n ${AWSMFA_SERVER_CONFIG:-} ]]; then _awsmfa_served; fi
        printf '%s\n' "$profile"
        return
      elif (($# > 1)) || [[ -z $1 ]]; then
        printf '%s\n' "$usage" >&2
        return 2
      fi
      case $1 in
        --help | -h)
          printf '%s\n' "$usage"
          return
          ;;
        --clear) next='' ;;
        -)
          if [[ -z ${_awsmfa_previous+set} ]]; then
            printf '%s\n' 'awsmfa-use: no previous profile' >&2
            return 1
          fi
          next=$_awsmfa_previous
          printf '%s\n' "${next:-${AWS_DEFAULT_PROFILE:-default}}"
          ;;
        *)
          code=0
          _awsmfa_profiles
          for name in ${_awsmfa_names[@]+"${_awsmfa_names[@]}"}; do
            if [[ $name == "$1" ]]; then known=1; fi
          done
          if [[ -z $known && $1 == -* ]]; then
            printf '%s\n' "$usage" >&2
            return 2
          elif [[ -z $known ]]; then
            # Its error names the files, and the profile that may be meant.
            command awsmfa status --profile="$1" >/dev/null || code=$?
            if ((code != 0 && code != 4)); then return 1; fi
          fi
          ;;
      esac
      _awsmfa_previous=${AWS_PROFILE-}
      if [[ -z $next ]]; then
        unset AWS_PROFILE
      else
        export AWS_PROFILE=$next
        if [[ -n ${AWS_ACCESS_KEY_ID:-} ]]; then
          printf '%s\n' "awsmfa-use: credentials in this shell override AWS_PROFILE. To remove them: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN" >&2
        fi
      fi
    }
    ;;
esac

# Completion. No program is started; the names of profiles are read from the files when TAB is pressed.
_awsmfa_profiles() {
  local file line name kind IFS=$' \t\n'
  _awsmfa_names=()
  for kind in credentials config; do
    if [[ $kind == config ]]; then file=${AWS_CONFIG_FILE:-${HOME:-}/.aws/config}; else file=${AWS_SHARED_CREDENTIALS_FILE:-${HOME:-}/.aws/credentials}; fi
    case $file in *'$'*) _awsmfa_expand file "$file" ;; esac
    # shellcheck disable=SC2088 # as AWS's tools do it
    case $file in '~/'*) file=${HOME:-}${file#'~'} ;; esac
    [[ -f $file && -r $file ]] || continue
    while IFS= read -r line || [[ -n $line ]]; do
      case $line in '['*']'*) ;; *) continue ;; esac
      name=${line#[} name=${name%%]*}
      name=${name#"${name%%[![:space:]]*}"} name=${name%"${name##*[![:space:]]}"}
      if [[ $kind == config ]]; then
        case $name in
          profile[[:space:]]*) name=${name#profile} name=${name#"${name%%[![:space:]]*}"} ;;
          default) ;;
          *) continue ;;
        esac
        case $name in '"'*'"' | "'"*"'") name=${name#?} name=${name%?} ;; esac
      fi
      case $name in '' | DEFAULT | *[[:cntrl:]]*) continue ;; esac
      case " ${_awsmfa_names[*]-} " in *" $name "*) ;; *) _awsmfa_names[${#_awsmfa_names[@]}]=$name ;; esac
    done <"$file"
  done
}

# Offers those words that begin with what is typed. What stands before the last `:`, `@` or `=` is not for bash to replace.
_awsmfa_offer() {
  local line=${COMP_LINE:0:COMP_POINT} typed=${COMP_WORDS[COMP_CWORD]} word before='' breaks=''
  line=${line##*[[:space:]]}
  if [[ $line == *"$typed" ]]; then typed=$line; fi
  case $typed in --*=*) typed=${typed#*=} ;; esac
  for word in : @ =; do
    case ${COMP_WORDBREAKS-} in *"$word"*) breaks=$breaks$word ;; esac
  done
  if [[ -n $breaks ]]; then before=${typed%"${typed##*["$breaks"]}"}; fi
  for word in "$@"; do
    printf -v word %q "$word"
    if [[ $word == "$typed"* ]]; then COMPREPLY[${#COMPREPLY[@]}]=${word#"$before"}; fi
  done
}

# What follows `--`: a program, as at the beginning of a line, and its words, by bash-completion where that is there.
_awsmfa_offer_program() {
  local word
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    compopt -o default 2>/dev/null
    if [[ $now == */* ]]; then compopt -o filenames 2>/dev/null; fi
    while IFS= read -r word; do
      if [[ -n $word ]]; then COMPREPLY[${#COMPREPLY[@]}]=$word; fi
    done <<<"$(compgen -c -- "$now")"
  else
    compopt -o default 2>/dev/null
  fi
}

_awsmfa_complete() {
  local IFS=$' \t\n' now=${COMP_WORDS[COMP_CWORD]} last='' command='' word i flags='' values='' profiles='' files='' takes='' choices='' tail='' dashes='' skip='' taking='SLOT_VALUE_OPTIONS'
  local -a _awsmfa_names=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      --)
        dashes=$i
        break
        ;;
      # Options and their values are no words of the command. bash parts words at these three.
      [=:@]*) skip=1 word='' ;;
      -*) case " $taking " in *" $word "*) skip=1 word='' ;; *) skip='' word='' ;; esac ;;
      *) if [[ -n $skip ]]; then skip='' word=''; fi ;;
    esac
    case $command in
      '') command=$word ;;
      # SLOT_TWO_WORDS
    esac
  done
  if ((COMP_CWORD > 0)); then last=${COMP_WORDS[COMP_CWORD - 1]}; fi
  if [[ $now == = ]]; then now=''; elif [[ $last == = ]] && ((COMP_CWORD > 1)); then last=${COMP_WORDS[COMP_CWORD - 2]}; fi
  case $command in
    # SLOT_COMMANDS
  esac
  if [[ -n $dashes ]]; then
    if [[ $tail == command ]]; then _awsmfa_offer_program $((dashes + 1)); else compopt -o default 2>/dev/null; fi
    return 0
  fi
  case $last in
    -?*)
      case " $profiles " in
        *" $last "*)
          _awsmfa_profiles
          _awsmfa_offer ${_awsmfa_names[@]+"${_awsmfa_names[@]}"}
          return 0
          ;;
      esac
      case " $choices" in
        *" $last="*)
          choices=${choices#*"$last="}
          IFS=, read -r -a _awsmfa_names <<<"${choices%% *}"
          _awsmfa_offer "${_awsmfa_names[@]}"
          return 0
          ;;
      esac
      case " $taking " in
        *" $last "*)
          case " $files " in *" $last "*) compopt -o default 2>/dev/null ;; esac
          return 0
          ;;
      esac
      ;;
  esac
  case $now in
    -*)
      IFS=' ' read -r -a _awsmfa_names <<<"$flags $values"
      _awsmfa_offer "${_awsmfa_names[@]}"
      return 0
      ;;
  esac
  case $takes in
    profile)
      _awsmfa_profiles
      for word in ${_awsmfa_names[@]+"${_awsmfa_names[@]}"}; do
        # Sections that only contain an access key are for the commands about keys.
        case $command/$word in
          keys*/* | rotate/* | setup/* | settings/* | doctor/*) ;;
          *-long-term | *Perm | *Permanent | *-perm | *-permanent) continue ;;
        esac
        _awsmfa_offer "$word"
      done
      ;;
    ?*)
      IFS=' ' read -r -a _awsmfa_names <<<"$takes"
      _awsmfa_offer "${_awsmfa_names[@]}"
      ;;
  esac
}

_awsmfa_use_complete() {
  local -a _awsmfa_names=()
  COMPREPLY=()
  if ((COMP_CWORD > 1)) && [[ ${COMP_LINE:0:COMP_POINT} != *[:@=]* ]]; then return 0; fi
  if [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then _awsmfa_offer - --clear; fi
  _awsmfa_profiles
  _awsmfa_offer ${_awsmfa_names[@]+"${_awsmfa_names[@]}"}
}

complete -F _awsmfa_complete awsmfa
complete -F _awsmfa_use_complete awsmfa-use
