using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

/// <summary>A test that builds images test/built:* from a context of a few files; afterwards they are gone.</summary>
public abstract class BuildTest : IDisposable
{
    protected BuildTest(ModuleFixture module)
    {
        Module = module;
        Shell("mkdir -p src/sub logs; echo hello > src/a.txt; echo inner > src/sub/b.txt; ln -s a.txt src/link; echo log > src/x.log; echo keep > logs/keep.log; echo drop > logs/drop.log; chmod 750 src/sub; chown 7:8 src/a.txt");
        File.WriteAllText(Context[".dockerignore"], "**/*.log\n!logs/keep.log\n");
    }

    protected ModuleFixture Module { get; }

    protected TemporaryDirectory Context { get; } = new("ctbuild");

    public virtual void Dispose()
    {
        Module.Run("Get-Container | Remove-Container -Force; Get-Image test/built* | Remove-Image; Get-Image | Where-Object { -not $_.Reference } | Remove-Image").Succeeded();
        Context.Dispose();
        GC.SuppressFinalize(this);
    }

    protected string Build(string parameters = "", string tag = "test/built:1") =>
        Module.Run($"(Build-Image $args[0] -Tag {tag} {parameters}).Digest.ToString()", Context.Path).Succeeded().Lines[0]!;

    /// <summary>What became of each step with a layer: cached or done; a step that has none is only begun.</summary>
    protected string Steps(string parameters = "")
    {
        var steps = new List<(string Place, string Text)>();
        foreach (string line in Module.Run($"Build-Image $args[0] -Tag test/built:1 {parameters} -Verbose 4>&1 | ForEach-Object {{ if ($_ -is [System.Management.Automation.VerboseRecord]) {{ $_.Message }} }}", Context.Path).Succeeded().Lines.OfType<string>())
        {
            // [stage number/count] INSTRUCTION ...
            if (!line.StartsWith('[') || line.Split(' ', 4) is not { Length: > 2 } words)
                continue;
            string place = $"{words[0]} {words[1]}";
            if (words[2] == "CACHED")
                steps = [.. steps.Select(s => s.Place == place ? s with { Text = s.Text.Replace("done", "cached", StringComparison.Ordinal) } : s)];
            else if (words[2] is "FROM" or "RUN" or "COPY" or "ADD" && !steps.Any(s => s.Place == place))
                steps.Add((place, words[2] + (words[2] == "FROM" ? " executed" : " done")));
        }
        return string.Join(", ", steps.Select(s => s.Text));
    }

    protected void Fails(string file, string? errorId, params string[] texts)
    {
        Write(file);
        var result = Module.Run("Build-Image $args[0] -Tag test/built:1", Context.Path);
        var error = Assert.Single(result.Errors);
        if (errorId is not null)
            Assert.Equal(errorId, error.FullyQualifiedErrorId.Split(',')[0]);
        foreach (string text in texts)
            Assert.Contains(text, error.ToString(), StringComparison.Ordinal);
        NothingLeft();
    }

    protected void NothingLeft()
    {
        Assert.Empty(Module.Run("Get-Container").Succeeded().Output);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Module.Store.Root, "tmp")));
        Assert.Empty(Directory.GetFiles(Path.Combine(Module.Store.Root, "content/blobs")));
        Assert.Empty(Directory.GetDirectories(Path.Combine(Module.Store.Root, "layers"), ".*"));
        // The last container's network is taken down beside us.
        Eventually(() => Module.Store.Leftovers().Count == 0);
    }

    protected static void Eventually(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "It did not happen.");
            Thread.Sleep(20);
        }
    }

    protected void Write(string text) => File.WriteAllText(Context["Containerfile"], text);

    protected string Shell(string script) => Command.Run("bash", ["-ec", script], workingDirectory: Context.Path).Succeeded().Output;
}
