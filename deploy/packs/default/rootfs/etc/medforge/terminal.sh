# Read by every interactive bash of a session, before the user's own ~/.bashrc, and by login shells.
case ":$PATH:" in
  *":/workspace/.venv/bin:"*) ;;
  *) PATH=/workspace/.venv/bin:/workspace/.local/bin:$PATH ;;
esac

# Asked of the shell itself, as dash has a PS1 in scripts, too. The IDE runs a shell once to learn its environment; nobody reads what that
# one prints.
case $-:${medforge_greeted-}${VSCODE_RESOLVING_ENVIRONMENT-} in *i*:)
  medforge_greeted=1
  PS1='\[\e[1;34m\]\w\[\e[0m\] \$ '
  HISTCONTROL=ignoreboth
  alias ls='ls --color=auto' ll='ls -l' grep='grep --color=auto'
  echo 'pip install <package> adds to this workspace · jupyter lab prints the address to open'
  if command -v nvidia-smi >/dev/null 2>&1; then echo 'nvidia-smi shows the GPU of this session'; fi
  ;;
esac
