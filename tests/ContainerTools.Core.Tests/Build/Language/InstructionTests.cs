using ContainerTools.Core.Build.Language;
using static ContainerTools.Core.Tests.Build.Language.Documents;

namespace ContainerTools.Core.Tests.Build.Language;

public class InstructionTests
{
    [Fact]
    public void RunMountsAreRead()
    {
        var run = One<RunInstruction>("""
            RUN --mount=type=cache,target=/root/.cache,sharing=locked,id=go,mode=0700,uid=1000,gid=2 \
                --mount=from=build,src=/out,dst=/in,rw \
                --mount=type=tmpfs,target=/t,size=64m \
                --mount=type=secret,id=token,required --mount=type=secret,id=a,env=TOKEN \
                --mount=type=ssh --mount=target=. --mount=type=bind,from=build \
                --security=insecure --network=host make all
            """);
        Assert.Equal("make all", run.Command.Arguments[0]);
        Assert.Equal((RunNetwork.Host, RunSecurity.Insecure), (run.Network, run.Security));
        var cache = new RunMount { Type = RunMountType.Cache, Target = "/root/.cache", Sharing = RunMountSharing.Locked, Id = "go", Mode = 448, UserId = 1000, GroupId = 2 };
        Assert.Equal(cache, run.Mounts[0]);
        Assert.Equal(new RunMount { From = "build", Source = "/out", Target = "/in" }, run.Mounts[1]);
        Assert.Equal(new RunMount { Type = RunMountType.TmpFs, Target = "/t", Size = 64 << 20 }, run.Mounts[2]);
        Assert.Equal(new RunMount { Type = RunMountType.Secret, Id = "token", Required = true, ReadOnly = true }, run.Mounts[3]);
        Assert.Equal(new RunMount { Type = RunMountType.Secret, Id = "a", EnvironmentVariable = "TOKEN", ReadOnly = true }, run.Mounts[4]);
        Assert.Equal(new RunMount { Type = RunMountType.Ssh, ReadOnly = true }, run.Mounts[5]);
        Assert.Equal(new RunMount { Target = ".", ReadOnly = true }, run.Mounts[6]);
        Assert.Equal(new RunMount { From = "build", Target = ".", ReadOnly = true }, run.Mounts[7]);
    }

    [Fact]
    public void MountsWithVariablesAreReadWhenExpanded()
    {
        var run = One<RunInstruction>("RUN --mount=type=$t,target=$d,id=x-$d,size=$s true");
        Assert.Equal("x-", run.Mounts[0].Id ?? "x-");
        var mount = ((RunInstruction)Expanded("RUN --mount=type=$t,target=$d,size=${s:-1k} true", ("t", "tmpfs"), ("d", "/x"))[0]).Mounts[0];
        Assert.Equal(new RunMount { Type = RunMountType.TmpFs, Target = "/x", Size = 1024 }, mount);
    }

    [Theory]
    [InlineData("RUN [\"a\", \"b \\\"c\\u0041\"]", new[] { "a", "b \"cA" })]
    [InlineData("RUN   [ \"a\" ]  ", new[] { "a" })]
    public void ExecFormIsJson(string body, string[] arguments)
    {
        var run = One<RunInstruction>(body);
        Assert.False(run.Command.IsShellForm);
        Assert.Equal(arguments, run.Command.Arguments);
        Assert.Equal(arguments, run.Command.ToArguments(["/bin/sh", "-c"]));
    }

    [Theory]
    [InlineData("RUN [ -f x ] && echo y")]
    [InlineData("RUN [ \"$a\" = \"b\" ]")]
    [InlineData("CMD ['a', 'b']")]
    [InlineData("ENTRYPOINT [\"a\", ]x")]
    [InlineData("HEALTHCHECK CMD [ \"$(curl -s x)\" = \"ok\" ]")]
    public void WhatIsNoJsonIsForTheShell(string body)
    {
        var instruction = Assert.Single(Body(body));
        var command = instruction switch { RunInstruction r => r.Command, CmdInstruction c => c.Command, HealthcheckInstruction h => h.Command!, _ => ((EntrypointInstruction)instruction).Command };
        Assert.True(command.IsShellForm);
        Assert.Equal(["/bin/sh", "-c", body[(body.IndexOf(" [", StringComparison.Ordinal) + 1)..]], command.ToArguments(["/bin/sh", "-c"]));
    }

    [Fact]
    public void CopyAndAddFlagsAreRead()
    {
        var copy = One<CopyInstruction>("COPY --from=0 --chown=a:b --chmod=u+x --link --parents --exclude=*.md --exclude=**/t \"x\" y /d/".Replace("--from=0 ", "", StringComparison.Ordinal));
        Assert.Equal(("a:b", "u+x", true, true), (copy.Owner, copy.Mode, copy.Link, copy.Parents));
        Assert.Equal(["*.md", "**/t"], copy.Exclude);
        Assert.Equal(["\"x\"", "y"], copy.Sources);
        Assert.Equal("/d/", copy.Destination);
        var add = One<AddInstruction>("ADD --keep-git-dir --checksum=sha256:$x --unpack=false --link=false https://example.com/a.git#v1 /src");
        Assert.Equal(("sha256:$x", true, false, false), (add.Checksum, add.KeepGitDirectory, add.Unpack, add.Link));
        Assert.Equal(["https://example.com/a.git#v1"], add.Sources);
        var json = One<CopyInstruction>("COPY [\"a b\", \"c\", \"/d e/\"]");
        Assert.Equal(["a b", "c"], json.Sources);
        Assert.Equal("/d e/", json.Destination);
        Assert.Equal(["[a-c]*"], One<CopyInstruction>("COPY [a-c]* /x").Sources);
    }

    [Fact]
    public void EnvAndLabelHaveBothForms()
    {
        var env = One<EnvInstruction>("ENV A=1 B=\"two words\" C=three\\ words D='$x' E=");
        Assert.Equal([("A", "1"), ("B", "\"two words\""), ("C", "three\\ words"), ("D", "'$x'"), ("E", "")], env.Variables.Select(v => (v.Name, v.Value)));
        Assert.Equal(["1", "two words", "three words", "$x", ""], ((EnvInstruction)Expanded(env.Text)[0]).Variables.Select(v => v.Value));
        var legacy = One<EnvInstruction>("ENV A  one = two  ");
        Assert.Equal(("A", "one = two", true), (legacy.Variables[0].Name, legacy.Variables[0].Value, legacy.IsLegacyForm));
        var label = (LabelInstruction)Expanded("LABEL \"com.example.a b\"=\"x\" v=$v \\\n  w='a\\\nb'", ("v", "1"))[0];
        Assert.Equal([("com.example.a b", "x"), ("v", "1"), ("w", "ab")], label.Labels.Select(l => (l.Name, l.Value)));
    }

    [Fact]
    public void HealthcheckIsRead()
    {
        var health = One<HealthcheckInstruction>("HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=1.5s --start-interval=1h --retries=3 CMD curl -f http://localhost/ || exit 1");
        Assert.Equal((TimeSpan.FromSeconds(90), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1.5), TimeSpan.FromHours(1), 3),
            (health.Interval!.Value, health.Timeout!.Value, health.StartPeriod!.Value, health.StartInterval!.Value, health.Retries!.Value));
        Assert.Equal(["curl -f http://localhost/ || exit 1"], health.Command!.Arguments);
        Assert.Null(One<HealthcheckInstruction>("HEALTHCHECK NONE").Command);
        Assert.False(One<HealthcheckInstruction>("healthcheck cmd [\"a\"]").Command!.IsShellForm);
    }

    [Fact]
    public void TheRestIsRead()
    {
        var body = Body("""
            WORKDIR /a b
            USER app:1000
            VOLUME ["/data", "/x y"]
            VOLUME /a /b
            EXPOSE 80 443/tcp
            STOPSIGNAL SIGINT
            SHELL ["/bin/bash", "-o", "pipefail", "-c"]
            MAINTAINER Some One <a@example.com>
            ONBUILD COPY --chown=1 . /app
            ARG A B=1 "C=x y"
            ENTRYPOINT []
            CMD []
            """);
        Assert.Equal("/a b", ((WorkdirInstruction)body[0]).Path);
        Assert.Equal("app:1000", ((UserInstruction)body[1]).User);
        Assert.Equal(["/data", "/x y"], ((VolumeInstruction)body[2]).Paths);
        Assert.Equal(["/a", "/b"], ((VolumeInstruction)body[3]).Paths);
        Assert.Equal(["80", "443/tcp"], ((ExposeInstruction)body[4]).Ports);
        Assert.Equal("SIGINT", ((StopSignalInstruction)body[5]).Signal);
        Assert.Equal(["/bin/bash", "-o", "pipefail", "-c"], ((ShellInstruction)body[6]).Arguments);
        Assert.Equal("Some One <a@example.com>", ((MaintainerInstruction)body[7]).Author);
        var trigger = (OnBuildInstruction)body[8];
        Assert.Equal("COPY --chown=1 . /app", trigger.Trigger);
        Assert.Equal("1", ((CopyInstruction)trigger.Instruction).Owner);
        Assert.Equal([("A", null), ("B", "1"), ("\"C", "x y\"")], ((ArgInstruction)body[9]).Arguments.Select(a => (a.Name, a.Value)));
        Assert.Empty(((EntrypointInstruction)body[10]).Command.Arguments);
        Assert.False(((CmdInstruction)body[11]).Command.IsShellForm);
    }

    [Fact]
    public void ADoubleDashEndsTheFlags()
    {
        Assert.Equal("--not-a-flag", One<RunInstruction>("RUN --network=none -- --not-a-flag").Command.Arguments[0]);
        Assert.Equal(["--a"], One<CopyInstruction>("COPY -- --a /b").Sources);
    }
}
