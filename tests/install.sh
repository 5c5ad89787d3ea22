# What the scripts that install something for the tests have in common; they source it.
#
#   begin FOLDER INPUT...   goes on only where target/FOLDER isn't made of these files, alone among processes; otherwise
#                           prints the folder and ends the script. Sets `home`.
#   need PROGRAM...         ends the script where one isn't installed
#   jars POM INTO [OPTION]  fetches what a pom.xml names
#   done_with               notes that all is made, and prints the folder

begin() {
    home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/target/$1
    mkdir -p "$home"
    exec 9>"$home/lock"
    flock 9
    stamp="$home $(readlink -f "$(command -v java || true)") $(cat "${@:2}" "${BASH_SOURCE[0]}" | sha256sum)"
    if [[ -f $home/stamp && $(<"$home/stamp") == "$stamp" ]]; then
        echo "$home"
        exit
    fi
    rm -f "$home/stamp"
}

need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || { echo "$program is not installed" >&2; exit 1; }
    done
}

jars() {
    rm -rf "$2"
    mvn -B -q --no-transfer-progress -f "$1" dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$2" "${@:3}" >&2
}

done_with() {
    echo "$stamp" >"$home/stamp"
    echo "$home"
}
