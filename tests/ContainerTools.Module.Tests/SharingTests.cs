using System.Management.Automation;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class SharingTests(ModuleFixture module)
{
    [Fact]
    public void A_push_shows_bars_and_gives_what_the_registry_has()
    {
        using var registry = new TestRegistry();
        var name = registry.Reference("team/busybox:2");
        Assert.Empty(module.Run("Publish-Image $args[0] $args[1] -WhatIf", ModuleFixture.Image, name).Succeeded().Output);

        var result = module.Run("Get-Image $args[0] | Publish-Image -Destination $args[1], $args[2]", ModuleFixture.Image, name, registry.Reference("team/busybox:latest")).Succeeded();

        Assert.Equal([name, registry.Reference("team/busybox:latest")], result.Lines);
        Assert.Contains(result.Progress, p => p.ParentActivityId == 0 && p.PercentComplete == 100);
        Assert.Contains(result.Progress, p => p.ActivityId == 0 && p.RecordType == ProgressRecordType.Completed);
        var digest = module.Run("(Get-Image $args[0]).Digest.ToString()", ModuleFixture.Image).Succeeded().Lines[0]!;
        Assert.Contains(digest, Tools.Skopeo("inspect", "--tls-verify=false", $"docker://{name}").Succeeded().Output, StringComparison.Ordinal);

        Assert.Contains(name, module.Run("Get-ContainerEvent -Action Push | ForEach-Object Name").Succeeded().Lines);

        // What was pushed can be pulled by the object that says so.
        Assert.Equal(digest, module.Run("Get-Image $args[0] | Publish-Image -Destination $args[1] -ChunkSize 64KB | Save-Image | ForEach-Object { $_.Digest.ToString() }", ModuleFixture.Image, name).Succeeded().Lines[0]);
        Assert.Equal(0L, (long)module.Run("Publish-Image $args[0]", name).Succeeded().Single.SentSize);
        module.Run("Remove-Image $args[0]", name).Succeeded();
    }

    [Fact]
    public void Two_images_do_not_go_to_one_name()
    {
        using var registry = new TestRegistry();
        var other = BusyboxImage.Push(registry, "other:1", config => config["Cmd"] = new System.Text.Json.Nodes.JsonArray("other"));
        module.Run("Save-Image $args[0] | Add-ImageTag -Tag test/other:1", other).Succeeded();
        var result = module.Run("Publish-Image test/busybox:1, test/other:1 -Destination $args[0]", registry.Reference("x:1"));
        Assert.Single(result.Output);
        Assert.Equal("PublishDestinationTaken", Assert.Single(result.Errors).FullyQualifiedErrorId.Split(',')[0]);
        module.Run("Remove-Image test/other:1, $args[0]", other).Succeeded();
    }

    [Fact]
    public void A_login_is_tried_kept_used_and_forgotten()
    {
        using var registry = new TestRegistry("user", "hush-hush");
        using var directory = new TemporaryDirectory("ctlogin");
        var before = Environment.GetEnvironmentVariable("DOCKER_CONFIG");
        Environment.SetEnvironmentVariable("DOCKER_CONFIG", directory.Path);
        try
        {
            const string connect = "Connect-ImageRegistry $args[0] $args[1] -WarningAction SilentlyContinue";
            var name = registry.Reference("private:1");
            module.Run("Publish-Image $args[0] $args[1]", ModuleFixture.Image, name).FailedWith("RegistryAuthenticationFailed", ErrorCategory.AuthenticationError);
            module.Run(connect, registry.Host, Credential("wrong")).FailedWith("RegistryAuthenticationFailed", ErrorCategory.AuthenticationError);
            Assert.Empty(module.Run(connect + " -WhatIf", registry.Host, Credential("hush-hush")).Succeeded().Output);
            Assert.Empty(Directory.GetFileSystemEntries(directory.Path));

            var login = module.Run(connect, registry.Host, Credential("hush-hush")).Succeeded();
            Assert.Equal(registry.Host, login.Lines[0]);
            Assert.Equal(name, module.Run("Publish-Image $args[0] $args[1]", ModuleFixture.Image, name).Succeeded().Lines[0]);
            Assert.Equal(name, module.Run("Save-Image $args[0]", name).Succeeded().Lines[0]);
            module.Run("Remove-Image $args[0]", name).Succeeded();

            // Neither the password nor what it is sent and kept as is in any stream.
            var streams = module.Run("& { Publish-Image $args[0] $args[1] -Verbose -Debug; Save-Image $args[1] -Verbose -Debug -Credential $args[2] } @args *>&1 | ForEach-Object { \"$_\" }",
                ModuleFixture.Image, name, Credential("not-the-word"));
            Assert.NotEmpty(streams.Output);
            foreach (var secret in new[] { "hush-hush", "not-the-word", Base64("user:hush-hush"), Base64("user:not-the-word") })
                Assert.DoesNotContain(streams.Lines.Concat(streams.Errors.Select(e => e.Exception.ToString())), l => l!.Contains(secret, StringComparison.Ordinal));

            // Other tools use it, and we use theirs.
            Tools.Skopeo("inspect", "--tls-verify=false", "--authfile", directory["config.json"], $"docker://{name}").Succeeded();
            module.Run("Disconnect-ImageRegistry $args[0]", registry.Host).Succeeded();
            module.Run("Disconnect-ImageRegistry $args[0]", registry.Host).FailedWith("RegistryLoginNotFound", ErrorCategory.ObjectNotFound);
            module.Run("Save-Image $args[0]", name).FailedWith("RegistryAuthenticationFailed", ErrorCategory.AuthenticationError);
            Tools.Skopeo("login", "--tls-verify=false", "--authfile", directory["config.json"], "-u", "user", "-p", "hush-hush", registry.Host).Succeeded();
            module.Run("Save-Image $args[0] | Remove-Image", name).Succeeded();
        }
        finally
        {
            Environment.SetEnvironmentVariable("DOCKER_CONFIG", before);
        }
    }

    private static string Base64(string text) => System.Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    private static PSCredential Credential(string password)
    {
        var secret = new System.Security.SecureString();
        foreach (var c in password)
            secret.AppendChar(c);
        return new PSCredential("user", secret);
    }

    [Fact]
    public void A_registry_of_a_private_authority_needs_its_certificate()
    {
        using var directory = new TemporaryDirectory("cttls");
        var certificates = new TestCertificates(directory.Path);
        using var registry = new TestRegistry(certificates: certificates);
        var name = registry.Reference("x:1");
        module.Run("Publish-Image $args[0] $args[1]", ModuleFixture.Image, name).FailedWith("RegistryCertificateNotTrusted", ErrorCategory.PermissionDenied);
        module.Run("Publish-Image $args[0] $args[1] -CertificateAuthority $args[2]", ModuleFixture.Image, name, certificates.Authority).Succeeded();
        module.Run("Save-Image $args[0] -SkipCertificateCheck | Remove-Image", name).Succeeded();
        module.Run("Save-Image $args[0] -CertificateAuthority /no/such.crt", name).FailedWith("CertificateFileInvalid", ErrorCategory.InvalidData);
    }

    [Fact]
    public void A_registry_is_searched_without_pulling()
    {
        using var registry = new TestRegistry();
        foreach (var name in new[] { "team/app:1.0", "team/app:1.1", "team/app:2.0", "base:1" })
            module.Run("Publish-Image $args[0] $args[1]", ModuleFixture.Image, registry.Reference(name)).Succeeded();
        string[] all = [registry.Reference("base"), registry.Reference("team/app")];
        Assert.Equal(all, module.Run("Find-Image $args[0]", registry.Host + "/").Succeeded().Lines);
        Assert.Equal(all[1..], module.Run("Find-Image $args[0]", registry.Host + "/t*").Succeeded().Lines);
        Assert.Equal(4, module.Run("Find-Image $args[0] | Find-Image", registry.Host + "/").Succeeded().Output.Count);
        Assert.Equal([$"{all[1]}:1.0", $"{all[1]}:1.1"], module.Run("Find-Image $args[0]", all[1] + ":1.*").Succeeded().Lines.Order(StringComparer.Ordinal));
        Assert.Equal([$"{all[1]}:2.0"], module.Run("Find-Image $args[0]", registry.Host + "/*:2*").Succeeded().Lines);
        Assert.Null(module.Run("Find-Image $args[0]", all[1] + ":1*").Succeeded().Output[0].Properties["Digest"].Value);

        var digest = module.Run("(Get-Image $args[0]).Digest.ToString()", ModuleFixture.Image).Succeeded().Lines[0]!;
        foreach (var name in new[] { all[1] + ":2.0", $"{all[1]}@{digest}" })
            Assert.Equal(digest, module.Run("Find-Image $args[0] | ForEach-Object { $_.Digest.ToString() }", name).Succeeded().Lines[0]);
        Assert.Equal(3, module.Run("Find-Image $args[0] -Detailed | Where-Object DownloadSize -gt 0", all[1]).Succeeded().Output.Count);
        Assert.Equal(["linux/" + (System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64 ? "amd64" : "arm64")],
            module.Run("(Find-Image $args[0]).Platforms | ForEach-Object ToString", all[0] + ":1").Succeeded().Lines);
        Assert.Equal(ModuleFixture.Image, module.Run("Get-Image").Succeeded().Lines.Single(l => !l!.StartsWith("localhost", StringComparison.Ordinal)));

        module.Run("Find-Image $args[0]", all[1] + ":3").FailedWith("RegistryImageNotFound", ErrorCategory.ObjectNotFound);
        module.Run("Find-Image $args[0]", registry.Host + "/no/such").FailedWith("RegistryImageNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void Images_of_several_platforms_are_pushed_as_one_and_copied()
    {
        using var registry = new TestRegistry();
        var name = registry.Reference("team/app:1");
        module.Run("Publish-Image $args[0] -Index", ModuleFixture.Image).FailedWith("IndexNeedsDestination", ErrorCategory.InvalidArgument);
        module.Run("Publish-Image $args[0], no/such:1 $args[1] -Index", ModuleFixture.Image, name).FailedWith("ImageNotFound", ErrorCategory.ObjectNotFound);
        module.Run("Find-Image $args[0]", name).FailedWith("RegistryImageNotFound", ErrorCategory.ObjectNotFound);
        Assert.Empty(module.Run("Publish-Image $args[0] $args[1] -Index -WhatIf", ModuleFixture.Image, name).Succeeded().Output);
        string digest = module.Run("Publish-Image $args[0] $args[1] -Index", ModuleFixture.Image, name).Succeeded().Single.Digest.ToString();

        var copy = registry.Reference("mirror/app:1");
        Assert.Empty(module.Run("Copy-Image $args[0] $args[1] -WhatIf", name, copy).Succeeded().Output);
        var copied = module.Run("Find-Image $args[0] | Copy-Image -Destination $args[1]", name, copy).Succeeded();
        Assert.Equal((digest, 0L), ((string)copied.Single.Digest.ToString(), (long)copied.Single.SentSize));
        Assert.Contains(copied.Progress, p => p.PercentComplete == 100);
        Assert.Equal(digest, module.Run("Find-Image $args[0] | ForEach-Object { $_.Digest.ToString() }", copy).Succeeded().Lines[0]);
        module.Run("Copy-Image $args[0] $args[1] -Platform linux/mips", name, copy).FailedWith("PlatformNotFound", ErrorCategory.ObjectNotFound);
        var two = module.Run("Copy-Image $args[0], $args[1] $args[2]", name, copy, registry.Reference("x:1"));
        Assert.Equal("PublishDestinationTaken", Assert.Single(two.Errors).FullyQualifiedErrorId.Split(',')[0]);
    }

    [Theory]
    [InlineData("Find-Image 'localhost:5000/UPPER CASE'", "InvalidImageReference", ErrorCategory.InvalidArgument)]
    [InlineData("Find-Image 'team/*'", "InvalidRegistryName", ErrorCategory.InvalidArgument)]
    [InlineData("Find-Image localhost:1/", "RegistryUnavailable", ErrorCategory.ResourceUnavailable)]
    [InlineData("Connect-ImageRegistry 'no registry' ([pscredential]::new('u', [securestring]::new()))", "InvalidRegistryName", ErrorCategory.InvalidArgument)]
    [InlineData("Connect-ImageRegistry localhost:1 ([pscredential]::new('u', [securestring]::new()))", "RegistryUnavailable", ErrorCategory.ResourceUnavailable)]
    [InlineData("Publish-Image no/such:1", "ImageNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Publish-Image test/busybox:1 'UPPER CASE'", "InvalidImageReference", ErrorCategory.InvalidArgument)]
    [InlineData("Publish-Image test/busybox:1 localhost:1/x:1", "RegistryUnavailable", ErrorCategory.ResourceUnavailable)]
    [InlineData("Publish-Image test/busybox:1 localhost:1/x:1 -ChunkSize 1KB", "ParameterArgumentValidationError", ErrorCategory.InvalidData)]
    public void What_goes_wrong_has_an_id_of_its_own(string script, string errorId, ErrorCategory category)
    {
        module.Run(script).FailedWith(errorId, category);
    }
}
