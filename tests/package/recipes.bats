#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The CI recipes: their commands are taken out of the files and run, on sound and on corrupt images.

bats_require_minimum_version 1.5.0

setup() {
    recipes=$BATS_TEST_DIRNAME/../../contrib/ci
    PATH=$BUILD:$PATH
    cd "$BATS_TEST_TMPDIR"
    mkdir images
    qemu-img create -q -f qed images/sound.qed 64M
}

break_an_image() {
    qemu-img create -q -f qed images/broken.qed 64M
    qemu-io -f qed -c 'write 0 1M' images/broken.qed >/dev/null
    qed-tool images/broken.qed invalidate l2 --seed 1 >/dev/null
}

github() {
    /usr/bin/python3 -c 'import sys, yaml
print(yaml.safe_load(open(sys.argv[1]))["runs"]["steps"][0]["run"])' "$recipes/action.yml" >step
    AUDIT_PATH=images AUDIT_OPTIONS=$1 GITHUB_STEP_SUMMARY=summary.md bash -e step
}

gitlab() {
    /usr/bin/python3 -c 'import sys, yaml
print("\n".join(yaml.safe_load(open(sys.argv[1]))[".qedscrub"]["script"]))' "$recipes/gitlab.yml" >step
    AUDIT_PATH=images AUDIT_OPTIONS=$1 bash -e step
}

jenkins() {
    sed -nE "s/^ *sh '(.*)'$/\1/p" "$recipes/Jenkinsfile" >step
    [ -s step ]
    sh -e step
}

@test "GitHub: the action passes on sound images, fails on a corrupt one, and sums up" {
    run -0 github ''
    break_an_image
    run -2 github ''
    [[ $output == *::error* ]]
    grep -q broken.qed summary.md
    run -0 github --exit-zero
}

@test "GitLab: the job passes, fails, and leaves its reports" {
    run -0 gitlab ''
    break_an_image
    run -2 gitlab ''
    xmllint --noout qedscrub.xml
    tail -n 1 metrics.txt | grep -qx '# EOF'
    grep -q broken.qed qedscrub.html
}

@test "Jenkins: the stage passes, fails, and leaves its reports" {
    run -0 jenkins
    break_an_image
    run -2 jenkins
    xmllint --noout qedscrub.xml
}
