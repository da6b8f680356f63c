using ContainerTools.Core.Build.Language;
using static ContainerTools.Core.Tests.Build.Language.Documents;

namespace ContainerTools.Core.Tests.Build.Language;

public class HeredocTests
{
    [Fact]
    public void AloneItIsTheScript()
    {
        var run = One<RunInstruction>("RUN --network=none <<EOF\n  mkdir -p a\necho $b \\\n  c\nEOF\n");
        Assert.Equal(["  mkdir -p a\necho $b \\\n  c\n"], run.Command.Arguments);
        Assert.Null(run.ScriptFile);
        Assert.Equal(RunNetwork.None, run.Network);
        Assert.True(run.Command.IsShellForm);
    }

    [Fact]
    public void AloneWithAnInterpreterItIsAFileToRun()
    {
        var run = One<RunInstruction>("RUN <<-'EOT'\n\t#!/usr/bin/env python3\n\tprint(1)\n\tEOT\n");
        Assert.Equal("#!/usr/bin/env python3\nprint(1)\n", run.ScriptFile!.Content);
        Assert.Equal("EOT", run.ScriptFile.Name);
    }

    [Fact]
    public void ReadByACommandItGoesToTheShell()
    {
        var run = One<RunInstruction>("RUN <<-A cat > a && cat <<B > b && <<<x cat\n\tI am\n\tA\nsecond\nB\n");
        Assert.Equal(["<<-A cat > a && cat <<B > b && <<<x cat\n\tI am\nA\nsecond\nB"], run.Command.Arguments);
        Assert.Equal(["I am\n", "second\n"], run.Heredocs.Select(h => h.Content));
    }

    [Theory]
    [InlineData("cat <<EOF>/x", "EOF")]
    [InlineData("cat<<EOF|sh", "EOF")]
    [InlineData("cat 3<<\"E O\" <&3", "E O")]
    [InlineData("cat << EOF", "EOF")]
    [InlineData("cat <<'EOF'; true", "EOF")]
    public void ShellsWordsEndTheDelimiter(string command, string name)
    {
        var run = One<RunInstruction>($"RUN {command}\nx\n{name}\n");
        Assert.Equal([name], run.Heredocs.Select(h => h.Name));
        Assert.Equal([$"{command}\nx\n{name}"], run.Command.Arguments);
    }

    [Theory]
    [InlineData("echo $(( 1 << 2 ))")]
    [InlineData("echo \"a <<EOF\" 'b <<EOF'")]
    [InlineData("cat <<< word")]
    [InlineData("echo \\<\\<EOF")]
    [InlineData("echo $(( (1 << 2) + (3<<4) )) > x")]
    public void ShiftsAndQuotesAreNoHeredocs(string command) => Assert.Equal([command], One<RunInstruction>("RUN " + command).Command.Arguments);

    [Fact]
    public void CopyMakesFilesOfThem()
    {
        var copy = One<CopyInstruction>("COPY --chmod=755 <<a.sh plain <<-\"b.sh\" /bin/\necho $x\na.sh\n\techo $y\n\tb.sh\n");
        Assert.Equal(["plain"], copy.Sources);
        Assert.Equal("/bin/", copy.Destination);
        Assert.Equal([("a.sh", "echo $x\n", true), ("b.sh", "echo $y\n", false)], copy.Heredocs.Select(h => (h.Name, h.Content, h.Expand)));
        var add = One<AddInstruction>("ADD <<E /x\nE");
        Assert.Equal("", add.Heredocs[0].Content);
    }

    [Fact]
    public void ContentOfCopyIsExpandedAsAShellDoes()
    {
        var copy = (CopyInstruction)Expanded("COPY <<E <<'F' /\n$a ${b:-\"c\"} \\$a \\\\ \\n 'x' `y` \\`\nlong \\\nline\nE\n$a \\\nF\n", ("a", "1"))[0];
        Assert.Equal("1 c $a \\ \\n 'x' `y` `\nlong line\n", copy.Heredocs[0].Content);
        Assert.Equal("$a \\\n", copy.Heredocs[1].Content);
    }

    [Fact]
    public void ATriggerKeepsItsHeredocs()
    {
        var trigger = One<OnBuildInstruction>("ONBUILD RUN --network=none <<E sh\nx\nE\n");
        Assert.Equal("RUN --network=none <<E sh\nx\nE", trigger.Trigger);
        var file = Parse("FROM base\n");
        var run = Assert.IsType<RunInstruction>(ContainerfileParser.ParseTrigger(trigger.Trigger, file, file.Stages[0]));
        Assert.Equal("<<E sh\nx\nE", run.Command.Arguments[0]);
        Assert.Equal(file.Stages[0].From.Range, run.Range);
    }

    [Fact]
    public void AnUnterminatedOneIsAnErrorAtItsBeginning()
    {
        var error = Fails("FROM scratch\nRUN a && \\\n  cat <<EOF\nx\n EOF\n");
        Assert.Equal(("ContainerfileHeredocUnterminated", 3, 7), (error.ErrorId, error.Line, error.Column));
        Assert.Equal("ContainerfileArguments", Fails("FROM scratch\nCOPY a <<E\nE\n").ErrorId);
    }
}
