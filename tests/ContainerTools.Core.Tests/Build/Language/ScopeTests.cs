using ContainerTools.Core.Build.Language;
using ContainerTools.Oci;
using static ContainerTools.Core.Tests.Build.Language.Documents;

namespace ContainerTools.Core.Tests.Build.Language;

public class ScopeTests
{
    private static readonly Platform s_arm = Platform.Parse("linux/arm64");
    private static readonly Platform s_amd = Platform.Parse("linux/amd64");

    [Fact]
    public void GlobalArgumentsAreForFrom()
    {
        var file = Parse("ARG V=1\nARG IMAGE=app:$V\nARG P=$BUILDPLATFORM\nFROM --platform=$P ${IMAGE}-slim AS a\nFROM a$TARGETARCH\nFROM ${NONE:-x}");
        var scope = Build(file, ("V", "2"));
        var first = scope.ExpandFrom(file.Stages[0]);
        Assert.Equal(("app:2-slim", "linux/amd64"), (first.BaseName, first.Platform));
        Assert.Equal("aarm64", scope.ExpandFrom(file.Stages[1]).BaseName);
        Assert.Equal("x", scope.ExpandFrom(file.Stages[2]).BaseName);
    }

    [Fact]
    public void AnEmptyBaseIsRefused()
    {
        var file = Parse("ARG BASE\nFROM ${BSE}\nFROM --platform=$BASE x\n");
        var scope = Build(file);
        var error = Assert.Throws<ContainerfileException>(() => scope.ExpandFrom(file.Stages[0]));
        Assert.Equal(("ContainerfileEmptyBase", 2), (error.ErrorId, error.Line));
        Assert.Contains("did you mean BASE?", error.Problem, StringComparison.Ordinal);
        Assert.Equal(3, Assert.Throws<ContainerfileException>(() => scope.ExpandFrom(file.Stages[1])).Line);
    }

    [Fact]
    public void AStageSeesWhatItDeclares()
    {
        var file = Parse("""
            ARG V=global
            FROM scratch
            ENV a=$V
            ARG V
            ENV b=$V
            ARG V=here
            ENV c=$V
            ARG TARGETARCH
            ARG BUILDPLATFORM TARGETSTAGE
            ENV d=$TARGETARCH/$TARGETOS e=$BUILDPLATFORM/$TARGETSTAGE
            ARG UNSET
            ARG W=$V-w X=$W-x
            """);
        var scope = Run(file);
        Assert.Equal([("a", ""), ("b", "global"), ("c", "here"), ("d", "arm64/"), ("e", "linux/amd64/default")], Pairs(scope.Environment));
        Assert.Equal([("V", "here"), ("TARGETARCH", "arm64"), ("BUILDPLATFORM", "linux/amd64"), ("TARGETSTAGE", "default"), ("W", "here-w"), ("X", "here-w-x")], Pairs(scope.Arguments));
        Assert.Equal("UndefinedVar:3 UndefinedVar:10", string.Join(' ', scope.Warnings.Select(w => $"{w.Rule}:{w.Range.StartLine}")));
    }

    [Fact]
    public void TheUsersArgumentsWinOverDefaults()
    {
        var file = Parse("ARG G=1\nFROM scratch\nARG A=${NONE?never looked at}\nARG G\nARG B=2\n");
        Assert.Equal([("A", "user"), ("G", "g"), ("B", "2")], Pairs(Run(file, ("A", "user"), ("G", "g")).Arguments));
    }

    [Fact]
    public void EnvWinsOverArg()
    {
        var file = Parse("FROM scratch\nARG V=arg\nENV V=env\nARG V=again\nRUN x\nENV W=$V\n");
        var scope = Run(file, ("V", "user"));
        Assert.Equal([("V", "env"), ("W", "env")], Pairs(scope.RunEnvironment));
    }

    [Fact]
    public void AnInstructionSeesTheValuesBeforeIt()
    {
        var scope = Run(Parse("FROM scratch\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc\n"));
        Assert.Equal([("abc", "bye"), ("def", "hello"), ("ghi", "bye")], Pairs(scope.Environment));
    }

    [Fact]
    public void AStageOnAnotherHasItsVariables()
    {
        var file = Parse("FROM scratch AS base\nARG A=1\nENV E=$A\nWORKDIR /x\nFROM base\nENV F=$A$E\nWORKDIR y\nFROM scratch\nENV F=$A\n");
        var build = Build(file);
        var below = Apply(build.Enter(file.Stages[0], [KeyValuePair.Create("PATH", "/bin")]));
        var above = Apply(build.Enter(file.Stages[1], below));
        Assert.Equal([("PATH", "/bin"), ("E", "1"), ("F", "11")], Pairs(above.Environment));
        Assert.Equal([("A", "1"), ("PATH", "/bin"), ("E", "1"), ("F", "11")], Pairs(above.RunEnvironment));
        Assert.Empty(above.Warnings);
        Assert.Equal([("F", "")], Pairs(Apply(build.Enter(file.Stages[2], [])).Environment));
    }

    [Fact]
    public void ProxiesAreForRunOnly()
    {
        var file = Parse("FROM scratch\nENV a=$HTTP_PROXY\n");
        var build = Build(file, ("HTTP_PROXY", "http://p"), ("no_proxy", "x"), ("Typo", "1"), ("TARGETARCH", "riscv64"));
        Assert.Equal([("HTTP_PROXY", "http://p"), ("http_proxy", "http://p"), ("NO_PROXY", "x"), ("no_proxy", "x")], Pairs(build.ProxyEnvironment));
        Assert.Equal(["Typo"], build.UnusedBuildArguments);
        Assert.Equal([("a", "")], Pairs(Apply(build.Enter(file.Stages[0], [])).Environment));
    }

    [Fact]
    public void EachInstructionExpandsItsParts()
    {
        var body = Expanded("""
            COPY --chown=$u:$u --chmod=$m $d/a "$d"/b /dst/$u
            ADD --checksum=sha256:$m https://x/$u /
            WORKDIR $d/sub
            USER $u
            VOLUME $d /v$u
            VOLUME ["$d", "a b"]
            EXPOSE $p 90/$x 7000-7002/UDP
            STOPSIGNAL $s
            LABEL $u=$m
            RUN echo $u
            CMD echo $u
            ONBUILD RUN echo $u
            """, ("u", "app"), ("m", "0755"), ("d", "/data"), ("p", "80 81/tcp"), ("x", "sctp"), ("s", "9"));
        var copy = (CopyInstruction)body[0];
        Assert.Equal(("app:app", "0755", "/dst/app"), (copy.Owner, copy.Mode, copy.Destination));
        Assert.Equal(["/data/a", "/data/b"], copy.Sources);
        Assert.Equal(["https://x/app"], ((AddInstruction)body[1]).Sources);
        Assert.Equal("sha256:0755", ((AddInstruction)body[1]).Checksum);
        Assert.Equal("/data/sub", ((WorkdirInstruction)body[2]).Path);
        Assert.Equal("app", ((UserInstruction)body[3]).User);
        Assert.Equal(["/data", "/vapp"], ((VolumeInstruction)body[4]).Paths);
        Assert.Equal(["/data", "a b"], ((VolumeInstruction)body[5]).Paths);
        Assert.Equal(["80/tcp", "81/tcp", "90/sctp", "7000/udp", "7001/udp", "7002/udp"], ((ExposeInstruction)body[6]).Ports);
        Assert.Equal("9", ((StopSignalInstruction)body[7]).Signal);
        Assert.Equal([("app", "0755")], ((LabelInstruction)body[8]).Labels.Select(l => (l.Name, l.Value)));
        Assert.Equal("echo $u", ((RunInstruction)body[9]).Command.Arguments[0]);
        Assert.Equal("echo $u", ((CmdInstruction)body[10]).Command.Arguments[0]);
        Assert.Equal("RUN echo $u", ((OnBuildInstruction)body[11]).Trigger);
    }

    private static BuildScope Build(Containerfile file, params (string, string)[] arguments) => new(file, new BuildScopeOptions
    {
        BuildArguments = arguments.ToDictionary(a => a.Item1, a => a.Item2),
        BuildPlatform = s_amd,
        TargetPlatform = s_arm,
    });

    private static StageScope Run(Containerfile file, params (string, string)[] arguments) => Apply(Build(file, arguments).Enter(file.Stages[0], []));

    private static StageScope Apply(StageScope scope)
    {
        foreach (var instruction in scope.Stage.Instructions)
            scope.Apply(instruction);
        return scope;
    }

    private static IEnumerable<(string, string)> Pairs(IEnumerable<KeyValuePair<string, string>> pairs) => pairs.Select(p => (p.Key, p.Value));
}
