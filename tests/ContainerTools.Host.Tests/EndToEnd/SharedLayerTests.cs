using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

/// <summary>Images that share layers: stored once, and each whole whatever happens to the other, in whichever process.</summary>
[Collection(MachineCollection.Name)]
public sealed class SharedLayerTests : IDisposable
{
    private readonly TemporaryStore _store = new();
    private readonly TestRegistry _registry = new();

    [Fact]
    public void ABaseIsStoredOnceAndStaysWhileOneImageNeedsIt()
    {
        var (first, second) = PushTwoImagesWithOneBase();
        var result = HostShell.Run(_store, $$"""
            $layers = "$env:CONTAINERTOOLS_ROOT/layers"
            function Count { @(Get-ChildItem $layers -Directory).Count }
            $null = Save-Image {{first}}
            $one = Count
            $null = Save-Image {{second}}
            "1 $($(Count) - $one)"
            Remove-Image {{first}}
            "2 $(Invoke-Container {{second}} -- cat /own /base/number)"
            "3 $($(Count) - $one)"
            Remove-Image {{second}}
            "4 $(Count)"
            """).Succeeded();
        Assert.Equal(["1 1", "2 second 7", "3 0", "4 0"], result.Lines);
    }

    [Fact]
    public async Task RemovingAnImageWhileAnotherShellPullsOneThatSharesItsLayersLeavesBothWhole()
    {
        var (first, second) = PushTwoImagesWithOneBase();
        for (var round = 0; round < 3; round++)
        {
            using var puller = HostShell.Start(_store, $$"""
                for ($i = 0; $i -lt 8; $i++) {
                    $null = Save-Image {{second}}
                    "$(Invoke-Container {{second}} -- cat /own /base/number)"
                    if ($i -lt 7) { Remove-Image {{second}} }
                }
                """);
            var pulled = puller.StandardOutput.ReadToEndAsync();
            var errors = puller.StandardError.ReadToEndAsync();
            var remover = HostShell.Run(_store, $$"""
                for ($i = 0; $i -lt 12; $i++) {
                    $null = Save-Image {{first}}
                    "$(Invoke-Container {{first}} -- cat /own /base/number)"
                    Remove-Image {{first}}
                }
                $null = Save-Image {{first}}
                """);
            Assert.True(puller.WaitForExit(120_000));
            Assert.True(puller.ExitCode == 0, await errors);
            Assert.Equal(Enumerable.Repeat("second 7", 8), (await pulled).TrimEnd().Split('\n'));
            Assert.Equal(Enumerable.Repeat("first 7", 12), remover.Succeeded().Lines);
            Assert.Equal(["first 7", "second 7"], HostShell.Run(_store, $$"""
                "$(Invoke-Container {{first}} -- cat /own /base/number)"
                "$(Invoke-Container {{second}} -- cat /own /base/number)"
                Remove-Image {{first}}, {{second}}
                """).Succeeded().Lines);
        }
        Assert.Empty(_store.Leftovers());
    }

    public void Dispose()
    {
        _registry.Dispose();
        _store.Dispose();
    }

    private (string First, string Second) PushTwoImagesWithOneBase()
    {
        // Large enough that pulls overlap with removals.
        const string Base = "mkdir base; for i in $(seq 300); do head -c 20000 /dev/urandom > base/file$i; done; echo 7 > base/number";
        var common = TarOf(Base);
        return (Push("first"), Push("second"));

        string Push(string kind)
        {
            using var directory = new TemporaryDirectory("ctimg");
            var layout = new LayoutBuilder(directory).AddLayer(BusyboxImage.LayerTar).AddLayer(common).AddLayer(TarOf($"echo {kind} > own"));
            layout.Config["Env"] = new System.Text.Json.Nodes.JsonArray("PATH=/bin");
            return _registry.Push(layout.Write("latest"), $"{kind}:1");
        }
    }

    private static byte[] TarOf(string script)
    {
        using var directory = new TemporaryDirectory("cttar");
        Directory.CreateDirectory(directory["root"]);
        Command.Run("bash", ["-euc", script], workingDirectory: directory["root"]).Succeeded();
        Command.Run("tar", "-C", directory["root"], "--numeric-owner", "-cf", directory["tar"], ".").Succeeded();
        return File.ReadAllBytes(directory["tar"]);
    }
}
