using System.Management.Automation;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class ChangesTests : IDisposable
{
    private readonly ModuleFixture _module;
    private readonly TemporaryDirectory _host = new("ctchanges");

    public ChangesTests(ModuleFixture module)
    {
        _module = module;
        _module.Run("New-Container $args[0] -Name web -Volume data:/var/data -- sleep 300 | Start-Container", ModuleFixture.Image).Succeeded();
    }

    public void Dispose()
    {
        _module.Clean();
        _host.Dispose();
    }

    [Fact]
    public void A_container_that_has_changed_nothing_has_no_changes()
    {
        Assert.Empty(Changes());
        _module.Run("Stop-Container web -Timeout 0").Succeeded();
        Assert.Empty(Changes());
        Assert.Empty(_module.Run("New-Container $args[0] -Name fresh | Compare-Container", ModuleFixture.Image).Succeeded().Output);
    }

    [Fact]
    public void What_was_added_modified_and_deleted_is_told_apart()
    {
        Inside("""
            mkdir -p /srv/new/deep; echo 12345 > /srv/new/deep/file; echo x >> /etc/passwd; rm /bin/ls; ln -s /nowhere /srv/link
            touch -r /etc/group /time; chmod 600 /etc/group; touch -r /time /etc/group; rm /time
            echo secret > /var/data/in-volume; mkdir /tmp/a; rmdir /tmp/a; cp /bin/busybox /srv/copy
            """);
        string[] expected =
        [
            "Modified /bin/", "Deleted /bin/ls", "Modified /etc/group", "Modified /etc/passwd", "Added /srv/", "Added /srv/copy", "Added /srv/link", "Added /srv/new/", "Added /srv/new/deep/", "Added /srv/new/deep/file",
        ];
        Assert.Equal(expected, Changes());
        dynamic file = _module.Run("(Compare-Container web).Where({ $_.Path -eq '/srv/new/deep/file' })").Succeeded().Single;
        Assert.Equal((6L, "web"), ((long)file.Size, (string)file.Container));
        Assert.InRange((DateTimeOffset)file.ModifiedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
        _module.Run("Stop-Container web -Timeout 0").Succeeded();
        Assert.Equal(expected, Changes());
    }

    [Fact]
    public void A_directory_that_was_made_anew_hides_what_the_image_has_in_it()
    {
        Inside("mkdir /keep; cp /etc/passwd /keep; rm -r /etc 2>/dev/null; mv /bin/cat /keep/cat; true");
        Inside("rm -r /usr; mkdir /usr; echo own > /usr/own");
        var changes = Changes();
        Assert.Contains("Added /usr/own", changes);
        Assert.Contains("Modified /usr/", changes);
        Assert.Contains("Deleted /usr/bin", changes.Select(c => c.TrimEnd('/')));
        Assert.DoesNotContain(changes, c => c.StartsWith("Deleted /usr/bin/", StringComparison.Ordinal) && c.Length > "Deleted /usr/bin/".Length);
        Assert.Contains("Deleted /bin/cat", changes);
        _module.Run("Compare-Container nothing").FailedWith("ContainerNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void An_export_is_the_root_file_system_as_the_container_sees_it()
    {
        Inside("""
            mkdir /srv; echo hello > /srv/file; chown 12:34 /srv/file; chmod 4750 /srv/file; ln /srv/file /srv/second; ln -s file /srv/link; mkfifo /srv/fifo
            rm /bin/ls; echo secret > /var/data/in-volume; dd if=/dev/zero of=/srv/sparse bs=1 count=1 seek=3000000 2>/dev/null; touch -d '2020-01-02 03:04:05' /srv/file
            """);
        string inside = Inside("cd /; find . -xdev \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./var/data -o -path './etc/host*' -o -path ./etc/resolv.conf \\) -prune -o -exec stat -c '%n %a %u %g %s %F' {} + | grep -v directory | sort");

        var file = (FileInfo)((PSObject)_module.Run("Export-Container web \"$($args[0])/web.tar\"", _host.Path).Succeeded().Single).BaseObject;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
        _module.Run("Stop-Container web -Timeout 0; $null = Export-Container web \"$($args[0])/stopped.tar\"", _host.Path).Succeeded();

        foreach (string archive in new[] { "web", "stopped" })
        {
            Shell($"cd {_host.Path}; mkdir {archive}; tar -C {archive} --numeric-owner -xpf {archive}.tar");
            string outside = Shell($"cd {_host.Path}/{archive}; find . \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./var/data -o -path './etc/host*' -o -path ./etc/resolv.conf \\) -prune -o -exec stat -c '%n %a %u %g %s %F' {{}} + | grep -v directory | LC_ALL=C sort");
            Assert.Equal(inside.Trim().Split('\n').Order(StringComparer.Ordinal), outside.Trim().Split('\n').Order(StringComparer.Ordinal));
            Assert.Equal("hello\n", File.ReadAllText($"{_host.Path}/{archive}/srv/second"));
            Assert.Equal("2 1577934245", Shell($"stat -c '%h %Y' {_host.Path}/{archive}/srv/file").Trim());
            Assert.False(File.Exists($"{_host.Path}/{archive}/var/data/in-volume"));
            Assert.False(Path.Exists($"{_host.Path}/{archive}/bin/ls"));
        }
        Assert.Equal(4, Directory.GetFileSystemEntries(_host.Path).Length);
    }

    [Fact]
    public void Several_are_exported_to_a_directory_and_what_cannot_be_written_leaves_nothing()
    {
        _module.Run("$null = New-Container $args[0] -Name other", ModuleFixture.Image).Succeeded();
        Assert.Equal(["other.tar", "web.tar"], _module.Run("(Get-Container | Export-Container -Path $args[0]).Name", _host.Path).Succeeded().Lines.Order(StringComparer.Ordinal));
        _module.Run("Get-Container | Export-Container -Path \"$($args[0])/one.tar\"", _host.Path).FailedWith("DirectoryNeeded", ErrorCategory.InvalidArgument);
        _module.Run("Export-Container web \"$($args[0])/no/such/x.tar\"", _host.Path).FailedWith("DestinationNotFound", ErrorCategory.ObjectNotFound);
        _module.Run("Export-Container web \"$($args[0])/what.tar\" -WhatIf", _host.Path).Succeeded();
        Assert.Equal(2, Directory.GetFileSystemEntries(_host.Path).Length);
    }

    private List<string> Changes() => _module.Run("Compare-Container web").Succeeded().Output.Select(c => (dynamic)c)
        .Select(c => $"{c.Kind} {c.Path}{((bool)c.IsDirectory ? "/" : "")}").ToList();

    private string Inside(string command) => string.Join('\n', _module.Run("Invoke-ContainerCommand web -- sh -c $args[0]", command).Succeeded().Lines);

    private static string Shell(string script) => Command.Run("sh", "-ec", script).Succeeded().Output;
}
