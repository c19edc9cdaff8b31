#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The recipes: their commands are taken out of the files and run, on sound and on corrupt images; of
# those for many machines also where a part was killed. tests/slurm has that for Slurm on a cluster.

bats_require_minimum_version 1.5.0

setup() {
    contrib=$BATS_TEST_DIRNAME/../../contrib
    recipes=$contrib/ci
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

kubernetes() {
    /usr/bin/python3 -c 'import sys, yaml
job = yaml.safe_load(open(sys.argv[1]))["spec"]
container = job["template"]["spec"]["containers"][0]
assert container["command"] == ["sh", "-ec"] and job["completions"] == 8
print(container["args"][0])' "$contrib/kubernetes/audit-job.yaml" |
        sed "s,/images,images,; s,/results,out," >step
    JOB_COMPLETION_INDEX=$(($1 - 1)) sh -ec "$(cat step)" >>log 2>&1
}

slurm() {
    SLURM_ARRAY_TASK_ID=$1 SLURM_ARRAY_TASK_COUNT=8 SLURM_CPUS_PER_TASK=2 \
        "$contrib/slurm/part.sbatch" images out >>log 2>&1
}

# All parts by a recipe, and again one that was killed in the midst of a line.
in_parts() {
    local recipe=$1 part
    break_an_image
    for part in $(seq 20); do cp images/sound.qed images/$part.qed; done
    sync -f images
    mkdir out
    for part in $(seq 8); do $recipe "$part"; done
    part=$(wc -c out/* | sort -n | tail -n 2 | sed -nE '1s/.*(out.*)/\1/p')
    cp "$part" whole
    grep -v qedscrub-summary whole | head -c -100 >"$part"
    run -1 qedscrub merge out/part-*.ndjson --fail-on dirty
    [[ $output == *"$part: was cut"* ]]
    for number in $(seq 8); do $recipe "$number"; done
    [ "$(grep -c 'the last line is cut, and passed over' log)" -eq 1 ]
    cmp "$part" whole
}

@test "Kubernetes: pods make parts, and go on with them" {
    in_parts kubernetes
    qedscrub merge out/part-*.ndjson --exit-zero | grep -q '^22 images'
}

@test "Slurm: tasks make parts, and go on with them; what is merged fails as the worst image" {
    in_parts slurm
    run -2 "$contrib/slurm/merge.sbatch" out
    grep -q '^22 images' out/audit.txt
    grep -q 'broken.qed' out/audit.html
    tail -n 1 out/audit.ndjson | grep -q '"complete":true'
}
