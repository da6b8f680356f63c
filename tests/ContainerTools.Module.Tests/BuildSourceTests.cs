using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class BuildSourceTests(ModuleFixture module) : BuildTest(module)
{
    [Fact]
    public void Add_takes_directories_of_git_repositories()
    {
        using var git = new GitDaemon();
        git.Git("status -s; mkdir -p sub/deep; echo one > file; echo deep > sub/deep/x; chmod 755 sub/deep/x; ln -s file link; ln -s /etc escape; git add -A; GIT_COMMITTER_DATE='@1600000000 +0000' git commit -qm one; git tag -a v1 -m v1");
        string first = git.Git("rev-parse HEAD");
        git.Git("checkout -qb side; echo two > file; git commit -qam two; git checkout -q main; echo three > file; git commit -qam three");
        Write($"""
            FROM test/busybox:1
            ADD --checksum={first} {git.Url}#v1 /tag/
            ADD --keep-git-dir=true {git.Url}#side /side
            ADD --chown=3:4 {git.Url}#{first}:sub/deep /commit
            ADD --exclude=sub {git.Url}#{first[..8]} /short
            ADD {git.Url} /head
            RUN cat /head/file /tag/file /side/file /short/file > /seen; ls -A /commit /short >> /seen; stat -c '%u:%g %a %Y' /commit/x /head/link /tag/sub >> /seen; test -d /side/.git && echo kept >> /seen; test -e /head/.git || echo gone >> /seen
            CMD ["cat", "/seen"]
            """);
        Build();
        Assert.Equal(
            ["three", "one", "two", "one", "/commit:", "x", "", "/short:", "escape", "file", "link", "3:4 755 1600000000", "0:0 777", "0:0 755 1600000000", "kept", "gone"],
            Module.Run("Invoke-Container test/built:1").Succeeded().Lines.Select(l => l!.StartsWith("0:0 777", StringComparison.Ordinal) ? "0:0 777" : l));
        Assert.Equal("FROM executed, ADD cached, ADD cached, ADD cached, ADD cached, ADD cached, RUN cached", Steps());
        git.Git("checkout -q main; echo four > file; git commit -qam four");
        Assert.Equal("FROM executed, ADD cached, ADD cached, ADD cached, ADD cached, ADD done, RUN done", Steps());

        Fails($"FROM test/busybox:1\nADD {git.Url}#nowhere /x\n", "BuildGitRevisionNotFound", "Containerfile:2:1:", "'nowhere'");
        Fails($"FROM test/busybox:1\nADD --checksum={new string('0', 40)} {git.Url}#v1 /x\n", "BuildChecksumMismatch", first);
        Fails($"FROM test/busybox:1\nADD {git.Url}#v1:escape /x\n", "BuildGitDirectoryNotFound", "escape");
        Fails($"FROM test/busybox:1\nADD {git.Url}?ref=main&checksum={first[..9]} /x\n", "BuildChecksumMismatch", first[..9]);
        Fails($"FROM test/busybox:1\nADD {git.Url}?submodules=some /x\n", "BuildGitReferenceInvalid", "true or false");
        Fails($"FROM test/busybox:1\nADD {git.Url}#--upload-pack=x /x\n", "BuildGitReferenceInvalid");
        Fails($"FROM test/busybox:1\nADD git://127.0.0.1:{git.Port}/no/.git /x\n", "BuildGitFailed", "could not be fetched");
    }

    [Fact]
    public void Submodules_come_but_not_from_this_machines_files()
    {
        using var git = new GitDaemon();
        Command.Run("git", "init", "-q", "-b", "main", git.Path("part")).Succeeded();
        git.Git("config user.name t; git config user.email t@t; echo part > part; git add -A; git commit -qm p", "part");
        git.Git($"submodule --quiet add {git.UrlOf("part")} inner; git commit -qm with");
        Write($"FROM scratch\nADD {git.Url} /\n");
        Module.Run("$null = Build-Image $args[0] -Output \"$($args[0])/out\"", Context.Path).Succeeded();
        Assert.Equal("part", Shell("cat out/inner/part").Trim());
        Assert.Equal("", Shell("find out -name .git"));
        Write($"FROM scratch\nADD {git.Url}?submodules=0&keep-git-dir=1&branch=main /\n");
        Module.Run("$null = Build-Image $args[0] -Output \"$($args[0])/bare\"", Context.Path).Succeeded();
        Assert.Equal("bare/.git", Shell("ls -d bare/.git bare/inner/part 2>/dev/null || true").Trim());
        git.Git($"config -f .gitmodules submodule.inner.url {git.Path("part")}; git commit -qam evil");
        Fails($"FROM scratch\nADD {git.Url} /\n", "BuildGitFailed", "not allowed");
    }

    [Fact]
    public void Archives_of_all_kinds_are_unpacked()
    {
        Shell("tar -cJf a.tar.xz -C src a.txt; tar --zstd -cf b.tar.zst -C src a.txt; tar -cjf c.tar.bz2 -C src a.txt; tar -czf d.tar.gz -C src a.txt; tar -cf e.tar -C src a.txt; echo text | xz > text.xz; head -c 100 a.tar.xz > cut.tar.xz");
        Write("""
            FROM test/busybox:1
            ADD a.tar.xz /a
            ADD b.tar.zst /b
            ADD c.tar.bz2 /c
            ADD d.tar.gz /d
            ADD e.tar /e
            ADD --unpack=false a.tar.xz /f/
            ADD text.xz /g/
            ADD cut.tar.xz /h/
            CMD find /a /b /c /d /e /f /g /h -type f; cat /a/a.txt /b/a.txt
            """);
        Build();
        Assert.Equal(["/a/a.txt", "/b/a.txt", "/c/a.txt", "/d/a.txt", "/e/a.txt", "/f/a.tar.xz", "/g/text.xz", "/h/cut.tar.xz", "hello", "hello"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        // Images too.
        Module.Run("$null = Export-Image test/busybox:1 -Path $args[0]", Context["image.tar"]).Succeeded();
        Shell("xz -1 image.tar");
        Assert.Equal(["test/built:xz"], Module.Run("Import-Image $args[0] -Name test/built:xz", Context["image.tar.xz"]).Succeeded().Lines);
    }
}
