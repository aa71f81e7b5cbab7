# awsmfa in zsh, 5.0 or later: the time remaining of the session, in AWSMFA_PS1. Nothing is started.
# A variable of that name that was inherited would hide the clock.
case ${(t)EPOCHSECONDS-} in (''|*special*|*readonly*) ;; (*) unset EPOCHSECONDS ;; esac
zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null

# One function and not two: the call of one is a sixth of it.
_awsmfa_prompt() {
  local code=$?
  # Under errexit zsh would end here with the code of the last command.
  if [[ -o errexit ]]; then code=0; fi
  emulate -L zsh
  setopt noerrexit noerrreturn
  local profile end= state= inside= label credentials file line
  integer left
  {
    typeset -g AWSMFA_PS1=${AWS_PROFILE:-${AWS_DEFAULT_PROFILE:-}}
    credentials=${AWS_SHARED_CREDENTIALS_FILE:-${HOME:-}/.aws/credentials}
    if [[ -n ${AWSMFA_PROFILE:-} && -z ${AWS_PROFILE:-}${AWS_DEFAULT_PROFILE:-} && -n ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SECRET_ACCESS_KEY:-} && -n ${AWS_SESSION_TOKEN:-} ]]; then
      # Inside of awsmfa exec.
      profile=$AWSMFA_PROFILE inside=1 state=ends
      _awsmfa_instant "${AWS_CREDENTIAL_EXPIRATION:-}" || state=unknown
    else
      profile=${AWS_PROFILE:-${AWS_DEFAULT_PROFILE:-default}}
      if [[ -n ${AWSMFA_SERVER_CONFIG:-} ]]; then _awsmfa_served; fi
    fi
    label=$profile
    # What a prompt would act upon.
    case $label in (*[%\\\`\$![:cntrl:]]*) label=${${label//[\\\`\$![:cntrl:]]/_}//\%/%%} ;; esac
    if [[ -z $inside || -n ${AWSMFA_PS1_FORMAT:-} ]]; then
      # A profile that was chosen is shown without a session, too.
      AWSMFA_PS1=${AWSMFA_PS1:+$label}
      case $credentials in (*'$'*) _awsmfa_expand credentials "$credentials" ;; esac
      case $credentials in ('~'|'~/'*) credentials=${HOME:-}${credentials#'~'} ;; esac
      file=$profile
      case $file in (.*|*[%/\\:*?\"\<\>\|]*) _awsmfa_encode ;; esac
      local account= role= ends= kind= second=$credentials.awsmfa/.$file
      file=$credentials.awsmfa/$file
      if [[ -f $file && -r $file && -e $credentials ]]; then
        # zsh reads this by itself; its read would make a system call for each letter.
        line="$(<$file)"
        (( ${#line} < 1000 )) || line=
        case $line in ('1 '*' '*" $profile") ;; (*) line= ;; esac
        line=${line#1 } ends=${line%% *} line=${line#* } kind=${line%% *}
        if [[ ${line#* } != "$profile" ]]; then
          kind=
        elif [[ $credentials -nt $file ]]; then
          kind=older
        elif [[ -n ${AWSMFA_PS1_FORMAT:-} ]]; then
          _awsmfa_who
        fi
        if [[ -z $inside ]]; then end=$ends state=$kind; fi
      fi
      [[ -n $state ]] || return $code
    fi
    if [[ $state != ends ]]; then
      AWSMFA_PS1="$label ?"
      return $code
    fi
    # Arithmetic would take anything but digits for an expression.
    case $end in (''|0*|*[^0123456789]*|????????????*) [[ -n $inside ]] || return $code ;; esac
    # The environment of zsh may have it, which hides that of the module.
    case ${EPOCHSECONDS:-} in (''|*[^0123456789]*) return $code ;; esac
    left=$(( end - EPOCHSECONDS ))
    if (( left >= 3600 )); then
      AWSMFA_PS1="$label $((left / 3600))h$((left % 3600 / 60))m"
    elif (( left >= 60 )); then
      AWSMFA_PS1="$label $((left / 60))m"
    elif (( left > 0 )); then
      AWSMFA_PS1="$label <1m"
    elif (( left > -86400 )); then
      AWSMFA_PS1="$label expired"
    fi
    if (( left > 0 && left <= 600 )); then _awsmfa_warn; fi
    return $code
  } always {
    if [[ -n ${AWSMFA_PS1_FORMAT:-} && -n $AWSMFA_PS1 ]]; then _awsmfa_format; fi
  }
}

# For AWSMFA_PS1_FORMAT: $account and $role from the second file of a profile, if it is of the session that the first has.
_awsmfa_who() {
  [[ -f $second && -r $second && ! $credentials -nt $second ]] || return 0
  line="$(<$second)"
  (( ${#line} < 1000 )) || return 0
  case $line in ("2 $ends $kind "*' '*" $profile") ;; (*) return 0 ;; esac
  line=${line#"2 $ends $kind "} account=${line%% *} line=${line#* } role=${line%% *}
  [[ ${line#* } == "$profile" ]] || account= role=
  case $account in (*[^0123456789]*) account= ;; esac
  case $role in (-|*[^A-Za-z0-9_+=,.@-]*) role= ;; esac
}

# Composes the segment as AWSMFA_PS1_FORMAT says: %p profile, %t time, %a account, %r role or user. What is not known
# leaves no space behind.
_awsmfa_format() {
  local text= rest=$AWSMFA_PS1_FORMAT value left_over=${AWSMFA_PS1#"$label"}
  # What a prompt would act upon.
  rest=${rest//[\\\`\$![:cntrl:]]/_}
  while [[ $rest == *%* ]]; do
    text+=${rest%%\%*} rest=${rest#*\%}
    case $rest in
      (p*) value=$label ;;
      (t*) value=${left_over# } ;;
      (a*) value=$account ;;
      (r*) value=$role ;;
      (%*) value='%%' ;;
      (*)
        text+='%%'
        continue
        ;;
    esac
    rest=${rest#?}
    if [[ -z $value ]]; then text=${text%"${text##*[^ ]}"}; fi
    text+=$value
  done
  text+=$rest
  AWSMFA_PS1=${text#"${text%%[^ ]*}"}
}

# Inside of awsmfa exec --server AWS_PROFILE names a profile of the copy of the config file: this is the one it serves.
_awsmfa_served() {
  if [[ ${AWS_CONFIG_FILE:-} == "$AWSMFA_SERVER_CONFIG" && $profile == awsmfa-server* ]]; then profile=${AWSMFA_PROFILE:-$profile}; fi
}

# The name of the file for a name that files cannot have.
_awsmfa_encode() {
  file=${file//\%/%25} file=${file//\//%2F} file=${file//\\/%5C} file=${file//:/%3A} file=${file//\*/%2A}
  file=${file//\?/%3F} file=${file//\"/%22} file=${file//</%3C} file=${file//>/%3E} file=${file//|/%7C}
  case $file in (.*) file=%2E${file#.} ;; esac
}

# Sets the variable $1 to the path $2 with $NAME and ${NAME} replaced where they are set, as AWS's tools do.
_awsmfa_expand() {
  local _path= _rest=$2 _name _text
  while [[ $_rest == *'$'* ]]; do
    _path+=${_rest%%\$*} _rest=${_rest#*\$}
    case $_rest in
      ('{'*'}'*) _name=${${_rest#\{}%%\}*} _text="{$_name}" ;;
      (*) _name=${_rest%%[^A-Za-z0-9_]*} _text=$_name ;;
    esac
    _rest=${_rest#"$_text"} _text="\$$_text"
    if [[ $_name == [A-Za-z_]* && $_name != *[^A-Za-z0-9_]* ]] && (( ${(P)+_name} )); then _text=${(P)_name}; fi
    _path+=$_text
  done
  : ${(P)1::=$_path$_rest}
}

# Gives $end the instant of a text such as 2026-11-21T18:40:00Z.
_awsmfa_instant() {
  local d='[0123456789]'
  integer year month day days
  case $1 in (${~d}${~d}${~d}${~d}-${~d}${~d}-${~d}${~d}T${~d}${~d}:${~d}${~d}:${~d}${~d}Z) ;; (*) return 1 ;; esac
  year=$(( 10#${1[1,4]} )) month=$(( 10#${1[6,7]} )) day=$(( 10#${1[9,10]} ))
  if (( month < 3 )); then year=$(( year - 1 )) month=$(( month + 12 )); fi
  days=$(( 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 719469 ))
  end=$(( days * 86400 + 10#${1[12,13]} * 3600 + 10#${1[15,16]} * 60 + 10#${1[18,19]} ))
}

# Says once at ten and once at five minutes before the end what renews the session.
_awsmfa_warn() {
  local mark=10 option= shown=${profile//[[:cntrl:]]/_}
  if (( left <= 300 )); then mark=5; fi
  case ${_awsmfa_warned:-} in (*"/$end $mark $profile/"*) return 0 ;; esac
  typeset -g _awsmfa_warned="${_awsmfa_warned:-}/$end $mark $profile/"
  case $profile in (-*) option=--profile= ;; esac
  if [[ -n $inside ]]; then
    print -r -u2 -- "awsmfa: session in this shell ends in $(( (left + 59) / 60 )) min. To renew: exit, and run awsmfa exec $option${(q-)profile}"
  else
    print -r -u2 -- "awsmfa: session of '$shown' ends in $(( (left + 59) / 60 )) min. To renew: awsmfa login $option${(q-)profile}"
  fi
}

() {
  emulate -L zsh
  typeset -ga precmd_functions
  (( ${precmd_functions[(Ie)_awsmfa_prompt]} )) || precmd_functions=(_awsmfa_prompt $precmd_functions)
}

# awsmfa-use sets AWS_PROFILE to a profile that exists; `-` returns to the one before, `--clear` unsets it; without a
# name it asks which one on a terminal, and elsewhere prints the profile in use.
awsmfa-use() {
  emulate -L zsh
  local next=${1-} usage='usage: awsmfa-use [PROFILE | - | --clear] (no argument: choose from a list)' code=0
  if (( $# == 0 )) && [[ -t 0 && -t 1 ]]; then
    next=$(command awsmfa status --pick --format '{profile}') || code=$?
    if (( code != 0 && code != 4 )); then return $code; fi
    [[ -n $next ]] || return 1
    set -- "$next"
  elif (( $# == 0 )); then
    local profile=${AWS_PROFILE:-${AWS_DEFAULT_PROFILE:-default}}
    if [[ -n ${AWSMFA_SERVER_CONFIG:-} ]]; then _awsmfa_served; fi
    print -r -- $profile
    return
  elif (( $# > 1 )) || [[ -z $1 ]]; then
    print -r -u2 -- $usage
    return 2
  fi
  case $1 in
    (--help|-h)
      print -r -- $usage
      return
      ;;
    (--clear) next='' ;;
    (-)
      if (( ! ${+_awsmfa_previous} )); then
        print -r -u2 -- 'awsmfa-use: no previous profile'
        return 1
      fi
      next=$_awsmfa_previous
      print -r -- "${next:-${AWS_DEFAULT_PROFILE:-default}}"
      ;;
    (*)
      code=0
      _awsmfa_profiles
      if (( ! ${_awsmfa_names[(Ie)$1]} )); then
        if [[ $1 == -* ]]; then
          print -r -u2 -- $usage
          return 2
        fi
        # Its error names the files, and the profile that may be meant.
        command awsmfa status --profile=$1 >/dev/null || code=$?
        if (( code != 0 && code != 4 )); then return 1; fi
      fi
      ;;
  esac
  typeset -g _awsmfa_previous=${AWS_PROFILE-}
  if [[ -z $next ]]; then
    unset AWS_PROFILE
  else
    export AWS_PROFILE=$next
    if [[ -n ${AWS_ACCESS_KEY_ID:-} ]]; then
      print -r -u2 -- "awsmfa-use: credentials in this shell override AWS_PROFILE. To remove them: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"
    fi
  fi
}

# Completion, where compinit has run before. No program is started; the names of profiles are read from the files when TAB is pressed.
_awsmfa_profiles() {
  emulate -L zsh
  local file line name kind
  typeset -ga _awsmfa_names
  _awsmfa_names=()
  for kind in credentials config; do
    if [[ $kind == config ]]; then file=${AWS_CONFIG_FILE:-${HOME:-}/.aws/config}; else file=${AWS_SHARED_CREDENTIALS_FILE:-${HOME:-}/.aws/credentials}; fi
    case $file in (*'$'*) _awsmfa_expand file "$file" ;; esac
    case $file in ('~/'*) file=${HOME:-}${file#'~'} ;; esac
    [[ -f $file && -r $file ]] || continue
    while IFS= read -r line || [[ -n $line ]]; do
      case $line in ('['*']'*) ;; (*) continue ;; esac
      name=${line#\[} name=${name%%\]*}
      name=${name#"${name%%[^[:space:]]*}"} name=${name%"${name##*[^[:space:]]}"}
      if [[ $kind == config ]]; then
        case $name in
          (profile[[:space:]]*) name=${name#profile} name=${name#"${name%%[^[:space:]]*}"} ;;
          (default) ;;
          (*) continue ;;
        esac
        case $name in ('"'*'"'|"'"*"'") name=${name#?} name=${name%?} ;; esac
      fi
      case $name in (''|DEFAULT|*[[:cntrl:]]*) continue ;; esac
      (( ${_awsmfa_names[(Ie)$name]} )) || _awsmfa_names+=("$name")
    done <$file
  done
}

# The options are those that zsh's completion sets for itself; with others its own _default fails.
_awsmfa_complete() {
  local command= word flags= values= profiles= files= takes= choices= about= about_takes= tail= last= skip= taking='SLOT_VALUE_OPTIONS'
  integer i dashes=0
  local -a offered
  for (( i = 2; i < CURRENT; i++ )); do
    word=${words[i]}
    case $word in
      (--) dashes=i; break ;;
      # Options and their values are no words of the command.
      (-*) if [[ " $taking " == *" $word "* ]]; then skip=1; else skip=; fi; continue ;;
    esac
    if [[ -n $skip ]]; then skip=; continue; fi
    case $command in
      ('') command=$word ;;
      # SLOT_TWO_WORDS
    esac
  done
  case $command in
    # SLOT_COMMANDS
  esac
  if (( dashes )); then
    # A program and its words, as at the beginning of a line.
    if [[ $tail == command ]]; then
      words=("${(@)words[dashes+1,-1]}")
      (( CURRENT -= dashes ))
      _normal
    else
      _default
    fi
    return
  fi
  last=${words[CURRENT-1]}
  if [[ ${words[CURRENT]} == --*=* ]]; then
    last=${words[CURRENT]%%=*}
    compset -P '*='
  fi
  if [[ " $profiles " == *" $last "* ]]; then
    _awsmfa_profiles
    compadd -- $_awsmfa_names
  elif [[ " $choices" == *" $last="* ]]; then
    choices=${choices#*"$last="}
    offered=(${(s:,:)${choices%% *}})
    compadd -- $offered
  elif [[ " $files " == *" $last "* ]]; then
    _default
  elif [[ " $taking " == *" $last "* ]]; then
    return 1
  elif [[ ${words[CURRENT]} == -* ]]; then
    offered=("${(@s:|:)about}")
    _describe -o option offered
  elif [[ $takes == profile ]]; then
    _awsmfa_profiles
    # Sections that only contain an access key are for the commands about keys.
    case $command in (keys*|rotate|setup|settings|doctor) ;; (*) _awsmfa_names=(${_awsmfa_names:#*(-long-term|Perm|Permanent|-perm|-permanent)}) ;; esac
    compadd -- $_awsmfa_names
  else
    offered=("${(@s:|:)about_takes}")
    _describe word offered
  fi
}

_awsmfa_use_complete() {
  emulate -L zsh
  (( CURRENT == 2 )) || return 1
  if [[ $PREFIX == -* ]]; then compadd -- - --clear; fi
  _awsmfa_profiles
  compadd -- $_awsmfa_names
}

if (( ${+functions[compdef]} )); then
  compdef _awsmfa_complete awsmfa
  compdef _awsmfa_use_complete awsmfa-use
fi
