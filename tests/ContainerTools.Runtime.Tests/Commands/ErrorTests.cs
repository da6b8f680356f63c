using ContainerTools.Runtime.Tests.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Commands;

/// <summary>What ctrun says of input that it cannot use, and what engines look for in its errors.</summary>
public sealed class ErrorTests
{
    [Theory]
    [InlineData("{", "The file '", "/config.json' is not a config.json: ")]
    [InlineData("", "/config.json' is empty")]
    [InlineData("null", "holds the JSON value null")]
    [InlineData("[1]", "expected an object, found an array")]
    [InlineData("""{"linux":{"resources":{"devices":[{"allow":true},{"major":"x"}]}}}""", "linux.resources.devices[1].major: expected a number, found the string \"x\"")]
    [InlineData("""{"process":{"user":{"uid":-1}}}""", "process.user.uid: expected a whole number from 0 to 4294967295, found -1")]
    [InlineData("""{"process":{"args":["a",["b"],1]}}""", "process.args[1]: expected a string, found an array")]
    [InlineData("""{"annotations":{"a":{"x":[1,{}]}}}""", "annotations.a: expected a string, found an object")]
    [InlineData("{} {}", "is not a config.json: ")]
    public void ADocumentThatIsNoneIsNamedWithItsFault(string text, params string[] messages)
    {
        using var bundle = new Bundle();
        File.WriteAllText(bundle["config.json"], text);
        var result = bundle.Ctrun("run", "--bundle", bundle[""], bundle.Id);
        Assert.Equal(1, result.ExitCode);
        foreach (var message in messages)
            Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.False(Directory.Exists(bundle["state/" + bundle.Id]));
    }

    [Fact]
    public void FilesThatCannotBeReadOrWrittenAreNamed()
    {
        using var bundle = new Bundle();
        Directory.CreateDirectory(bundle["directory/config.json"]);
        Fails($"The config.json '{bundle["nowhere/config.json"]}' cannot be read: No such file or directory.", "run", "--bundle", bundle["nowhere"], bundle.Id);
        Fails($"The config.json '{bundle["directory/config.json"]}' cannot be read: Is a directory.", "run", "--bundle", bundle["directory"], bundle.Id);
        Fails($"The log '{bundle["no/log"]}' cannot be written: No such file or directory.", "--log", bundle["no/log"], "list");
        bundle.Create("/bin/busybox", "sleep", "1000");
        Fails("The process document 'nope' cannot be read", "exec", "--process", "nope", bundle.Id);
        Fails("The resources document 'nope' cannot be read", "update", "--resources", "nope", bundle.Id);
        Assert.Contains("What standard input holds is not a resources document: pids: expected an object", bundle.Ctrun(["update", "--resources", "-", bundle.Id], """{"pids":3}""").Error, StringComparison.Ordinal);
        Fails("'--console-socket' names a socket for a terminal, but the process", "exec", "--console-socket", "x", bundle.Id, "true");
        Fails($"The pid file '{bundle["no/pid"]}' cannot be written", "create", "--bundle", bundle[""], "--pid-file", bundle["no/pid"], bundle.Id + "2");
        Fails("'--console-socket' names a socket for a terminal, but the bundle asks for none", "create", "--bundle", bundle[""], "--console-socket", "x", bundle.Id + "2");

        void Fails(string message, params string[] arguments)
        {
            var result = bundle.Ctrun(arguments);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains(message, result.Error, StringComparison.Ordinal);
            Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        }
    }

    [Fact]
    public void EnginesUnderstandThatAContainerIsStoppedOrGone()
    {
        using var bundle = new Bundle();
        Assert.Contains("does not exist", bundle.Ctrun("kill", bundle.Id, "KILL").Error, StringComparison.Ordinal);
        Assert.Contains("does not exist", bundle.Ctrun("delete", bundle.Id).Error, StringComparison.Ordinal);
        bundle.Create("/bin/busybox", "true");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        Assert.True(SpinWait.SpinUntil(() => bundle.Status() == "stopped", TimeSpan.FromSeconds(20)));
        Assert.Contains("container not running", bundle.Ctrun("kill", bundle.Id, "TERM").Error, StringComparison.Ordinal);
        Assert.Equal(255, bundle.Ctrun("exec", bundle.Id, "true").ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"id\":")]
    [InlineData("{\"pid\":\"x\"}")]
    [InlineData("{}")]
    public void ADamagedStateIsInNobodyElsesWay(string text)
    {
        using var bundle = new Bundle();
        bundle.Create("/bin/busybox", "sleep", "1000");
        using var other = new Bundle();
        other.Spec.Process!.Args = ["/bin/busybox", "sleep", "1000"];
        other.WriteConfig();
        var pid = bundle.Pid();
        var path = bundle[$"state/{bundle.Id}/state.json"];
        File.WriteAllText(path, text);
        Directory.CreateDirectory(bundle["state/whole"]);
        File.WriteAllText(bundle["state/whole/state.json"], """{"id":"whole","bundle":"/b","pid":1,"startTime":1}""");
        var list = bundle.Ctrun("list", "--quiet").Succeeded();
        Assert.Equal("whole\n", list.Output);
        Assert.Contains($"'{path}'", list.Error, StringComparison.Ordinal);
        Assert.Contains($"delete --force {bundle.Id}", bundle.Ctrun("state", bundle.Id).Error, StringComparison.Ordinal);
        Assert.NotEqual(0, bundle.Ctrun("delete", bundle.Id).ExitCode);
        // What runs of it is found by its control group.
        bundle.Ctrun("delete", "--force", bundle.Id).Succeeded();
        Assert.False(Directory.Exists(bundle["state/" + bundle.Id]));
        Assert.Empty(Cgroups.Of([bundle.Id]));
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void ADamagedDocumentIsNamedAndDoesNotKeepTheContainer()
    {
        using var bundle = new Bundle();
        bundle.Create("/bin/busybox", "sleep", "1000");
        var path = bundle[$"state/{bundle.Id}/config.json"];
        File.WriteAllText(path, "garbage");
        Assert.Contains($"'{path}'", bundle.Ctrun("exec", bundle.Id, "true").Error, StringComparison.Ordinal);
        Assert.Contains($"'{path}'", bundle.Ctrun("delete", bundle.Id).Error, StringComparison.Ordinal);
        bundle.Ctrun("delete", "--force", bundle.Id).Succeeded();
        Assert.False(Directory.Exists(bundle["state/" + bundle.Id]));
        Assert.Empty(Cgroups.Of([bundle.Id]));
    }

    [Fact]
    public void HelpAndVersionAreFoundWhereTheyAreLookedFor()
    {
        using var bundle = new Bundle();
        foreach (var arguments in new[] { new[] { "--help" }, ["-h"], ["help"], ["kill", "--help"], ["run", "-h"] })
            Assert.StartsWith("ctrun [GLOBAL-OPTION ...] COMMAND", bundle.Ctrun(arguments).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(bundle.Ctrun("--version").Succeeded().Output, bundle.Ctrun("version").Succeeded().Output);
    }
}
